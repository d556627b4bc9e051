"""`publish`: networks of the experiments become checkpoints of the zoo.

File and card are made from the training's record, its checkpoint and the other records of the same
weights. Nothing in a card is typed in: what has no record is not in it, or is "not measured".
"""
