"""Keeping the catalogues: what there is to translate, what became of the translations, what is wrong with one."""
