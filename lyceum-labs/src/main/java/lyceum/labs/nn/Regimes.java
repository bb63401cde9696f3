package lyceum.labs.nn;

import java.util.ArrayList;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.nn.MixtureOfExperts;
import lyceum.nn.Pass;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Tokens of four kinds, each with a task of its own, and experts that learn them. */
final class Regimes {
    private Regimes() {}

    record Tokens(Tensor x, Tensor y, int[] regime) {}

    static MixtureOfExperts trained(MixtureOfExperts layer, int steps, Rng rng) {
        var optimizer = new Adam(2e-2).over(layer.parameters());
        for (int i = 0; i < steps; i++) {
            try (var scope = Scope.open("step")) {
                var data = tokens(rng, 64);
                var penalties = new ArrayList<Tensor>();
                optimizer.zeroGrad();
                var loss = Loss.mse(layer.forward(data.x, Tensor.randint(rng, 0, 1000, 64), Pass.training(rng).collecting(penalties::add)),
                        data.y);
                for (var penalty : penalties) loss = loss.add(penalty);
                loss.backward();
                optimizer.step();
            }
        }
        return layer;
    }

    static double loss(MixtureOfExperts layer, Tokens test) {
        return Autograd.noGrad(() -> Loss.mse(layer.forward(test.x, Tensor.arange(test.regime.length), Pass.inference()), test.y).item());
    }

    /** Around the corners of a square, with a 1 as third feature; each regime's target is another turn of the token. */
    static Tokens tokens(Rng rng, int n) {
        float[] x = new float[3 * n], y = new float[3 * n];
        var regime = new int[n];
        for (int i = 0; i < n; i++) {
            int r = regime[i] = rng.nextInt(4);
            double a = (r % 2 == 0 ? -1.5 : 1.5) + 0.4 * rng.nextGaussian(), b = (r < 2 ? -1.5 : 1.5) + 0.4 * rng.nextGaussian();
            double[] turned = {r == 0 ? b : r == 1 ? -a : r == 2 ? a : -b, r == 0 ? -a : r == 1 ? b : r == 2 ? a : -b, r - 1.5};
            for (int d = 0; d < 3; d++) {
                x[3 * i + d] = d == 0 ? (float) a : d == 1 ? (float) b : 1;
                y[3 * i + d] = (float) (turned[d] + 0.05 * rng.nextGaussian());
            }
        }
        return new Tokens(Tensor.of(x, n, 3), Tensor.of(y, n, 3), regime);
    }
}
