import argparse

import torch

p = argparse.ArgumentParser()
p.add_argument("--shuffle", type=int, default=1)
args = p.parse_args()
args.shuffle = 0
if args.shuffle:
    print(torch.rand(1))
