package lyceum.nn;

import java.util.ArrayList;
import java.util.Arrays;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.linalg.Qr;
import lyceum.memory.Scope;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Planted regimes: tokens lie around one of several centres, and each regime has a linear map of its own from token to target. The last feature is always 1, so that
 * a router may begin collapsed.
 */
record MoeWorld(Tensor centres, Tensor maps, double spread, double noise) {
    record Batch(Tensor x, Tensor y, int[] regime) {}

    static MoeWorld of(int regimes, int width, double spread, double noise, Rng rng) {
        // Corners of a simplex, turned: no two regimes are closer than others.
        Tensor turn = Qr.of(Tensor.randn(rng, DType.F64, width, width)).q().narrow(1, 0, width - 1), corners = turn.narrow(0, 0, regimes);
        var centres = corners.sub(corners.mean(0, true)).mul(4).to(DType.F32).compute();
        return new MoeWorld(centres, Tensor.randn(rng, DType.F32, regimes, width, width).div(Math.sqrt(width)).compute(), spread, noise);
    }

    Batch draw(int n, Rng rng) {
        int regimes = (int) centres.size(0), width = (int) maps.size(1);
        var regime = new int[n];
        for (int i = 0; i < n; i++) regime[i] = rng.nextInt(regimes);
        Arrays.sort(regime);
        var which = Tensor.of(regime);
        var near = centres.indexSelect(0, which).add(Tensor.randn(rng, DType.F32, n, width - 1).mul(spread));
        Tensor x = Tensor.concat(1, near, Tensor.ones(DType.F32, n, 1)).compute();
        var y = x.unsqueeze(1).matmul(maps.indexSelect(0, which)).squeeze(1).add(Tensor.randn(rng, DType.F32, n, width).mul(noise));
        return new Batch(x, y.compute(), regime);
    }

    /** All weights of the router 0 but those of the first {@code experts} for the feature that is always 1. */
    static void collapse(MoeRouter router, int experts, double logit) {
        double[] weight = new double[(int) router.weight().count()];
        int width = (int) router.weight().size(1);
        for (int e = 0; e < experts; e++) weight[(e + 1) * width - 1] = logit;
        Autograd.noGrad(() -> { router.weight().copy_(Tensor.of(weight).reshape(-1, width).to(router.weight().dtype())); });
    }

    void train(Module model, int steps, int batch, double rate, Rng rng) {
        var optimizer = new Adam(rate).over(model.parameters());
        for (int step = 0; step < steps; step++) {
            try (var scope = Scope.open("step")) {
                var data = draw(batch, rng.split(step));
                var pass = Pass.training(rng.split(1_000_000 + step));
                var penalties = new ArrayList<Tensor>();
                optimizer.zeroGrad();
                var loss = Loss.mse(model.forward(data.x(), pass.collecting(penalties::add)), data.y());
                for (var penalty : penalties) loss = loss.add(penalty);
                loss.backward();
                optimizer.step();
            }
        }
    }

    double loss(Module model, Batch data) { return Autograd.noGrad(() -> Loss.mse(model.forward(data.x()), data.y()).item()); }
}
