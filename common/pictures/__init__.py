"""Pictures that members send: judged by their bytes, decoded in a process of its own, kept as clean WebP.

``uploading`` is how they are sent; ``making`` is that process, ``taking`` starts it, ``keeping`` puts what it made on
the disk and answers with it. Nothing here knows what a picture is of, or who may see it.
"""
