"""Subsets: fewer rows of every table, chosen so that each foreign key of the copy finds its row."""
