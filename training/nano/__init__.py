"""The nano checkpoints: tokenizer, data, model, training loss, decoding and conversion. Scripts beside this folder use
these parts."""
