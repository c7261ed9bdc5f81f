"""`spine plugins new`: `new_plugin` fills the templates in this folder, `any/` and one folder per kind."""
