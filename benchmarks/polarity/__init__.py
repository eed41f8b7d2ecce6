"""Are rules that are turned round reported, and rewordings that change nothing left alone?"""
