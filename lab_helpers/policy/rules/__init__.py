"""The rules, a module a subject; each is registered when its module is imported."""
