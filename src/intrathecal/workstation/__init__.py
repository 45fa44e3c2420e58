"""The clinic's daily tool: a Django project over the rooms below."""
