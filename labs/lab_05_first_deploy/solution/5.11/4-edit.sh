sed -i "s/currency text NOT NULL;/currency text NOT NULL DEFAULT 'EUR';/" infra/_shared/migrations/006_add_currency.sql
