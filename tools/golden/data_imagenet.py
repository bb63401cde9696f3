"""lyceum-data: the arithmetic of ImageNet's preprocessing as torchvision has it, and PyTorch's antialiased bilinear resize."""
import torch

from golden import Recipe, case, versions, write

r = Recipe(2400)
rows = []
for _ in range(500):
    h, w = 1 + r.below(900), 1 + r.below(900)
    crop = 1 + r.below(300)
    size = crop + r.below(100)
    short, long = (w, h) if w <= h else (h, w)
    new_short, new_long = size, int(size * long / short)
    new_w, new_h = (new_short, new_long) if w <= h else (new_long, new_short)
    rows.append([h, w, size, crop, new_h, new_w, int(round((new_h - crop) / 2.0)), int(round((new_w - crop) / 2.0))])
cases = [case("geometry", {}, rows)]
for h, w, to_h, to_w in ((9, 14, 5, 6), (6, 5, 11, 13), (12, 7, 4, 9)):
    x = torch.from_numpy(r.uniforms(h * w).reshape(1, 1, h, w))
    y = torch.nn.functional.interpolate(x, (to_h, to_w), mode="bilinear", antialias=True, align_corners=False)
    cases.append(case(f"resize {h} {w} {to_h} {to_w}", {}, y[0, 0]))
write("data", "imagenet", versions("torch"), cases,
      "2400: 500 times height 1 + below(900), width, crop 1 + below(300), resize crop + below(100); then uniforms of each picture")
