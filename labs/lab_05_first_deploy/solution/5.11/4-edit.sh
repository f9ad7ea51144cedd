sed -i "s/currency text NOT NULL;/currency text NOT NULL DEFAULT 'EUR';/" infra/_shared/migrations/005_add_currency.sql
