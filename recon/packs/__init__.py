"""The accountant's pack of a closed day: nine files, the same byte for byte whenever they are made again."""
