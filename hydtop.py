import hydra
import torch


@hydra.main(config_path="conf", config_name="config")
def main(cfg):
    cfg.flat = 0
    if cfg.flat:
        print(torch.rand(1))


main()
