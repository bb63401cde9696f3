"""lyceum-nn: B-spline bases by SciPy's BSpline.design_matrix, on even and uneven knots."""
import numpy as np
from scipy.interpolate import BSpline

from golden import Recipe, case, versions, write


def cases():
    for degree in range(1, 6):
        for kind in ("even", "uneven", "clamped"):
            recipe = Recipe(10 * degree + len(kind))
            grid = 3 + recipe.below(5)
            inner = np.linspace(-1, 1, grid + 1) if kind == "even" else np.cumsum(0.1 + recipe.uniforms(grid + 1)) - 2
            if kind == "clamped":
                knots = np.concatenate([np.repeat(inner[0], degree), inner, np.repeat(inner[-1], degree)])
            else:
                left, right = inner[1] - inner[0], inner[-1] - inner[-2]
                steps = np.arange(1, degree + 1)
                knots = np.concatenate([inner[0] - left * steps[::-1], inner, inner[-1] + right * steps])
            x = inner[0] + (inner[-1] - inner[0]) * np.concatenate([[0.0], recipe.uniforms(12)])
            if kind == "even" and degree > 1:
                x = np.append(x, inner[-1])
            b = BSpline.design_matrix(x, knots, degree).toarray()
            yield case(f"{kind} {degree}", {"x": x, "knots": knots, "degree": degree}, {"basis": b})


if __name__ == "__main__":
    write("nn", "kan", versions("scipy"), list(cases()))
