"""The nano checkpoints: tokenizer, data, model, training loss, decoding and conversion. Used by the scripts in the
parent folder.
"""
