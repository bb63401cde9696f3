package lyceum.nn.onnx;

import lyceum.DType;
import lyceum.nn.onnx.Operator.Meaning;
import lyceum.tensor.Tensor;

/** Losses and the steps of optimisers, for graphs that train. */
final class LossOperators {
    static final String ROWS = "NegativeLogLikelihoodLoss 12, SoftmaxCrossEntropyLoss 12, ai.onnx.preview.training:Momentum 1, "
            + "ai.onnx.preview.training:Adagrad 1, ai.onnx.preview.training:Adam 1";

    /** What a row means. */
    static Meaning meaning(String row) {
        return switch (row) {
            case "NegativeLogLikelihoodLoss 12" -> c -> loss(c, c.x(0));
            case "SoftmaxCrossEntropyLoss 12" -> c -> {
                var logs = c.x(0).logSoftmax(1);
                return new Object[] {loss(c, logs), logs};
            };
            case "ai.onnx.preview.training:Momentum 1" -> c -> steps(c, 3, LossOperators::momentum);
            case "ai.onnx.preview.training:Adagrad 1" -> c -> steps(c, 3, LossOperators::adagrad);
            case "ai.onnx.preview.training:Adam 1" -> c -> steps(c, 4, LossOperators::adam);
            default -> throw Operators.unknown(row);
        };
    }

    private LossOperators() {}

    /** Minus the log-probability of each label, weighted by its class; labels to be ignored count for nothing. */
    private static Tensor loss(Call c, Tensor logs) {
        var labels = c.x(1).to(DType.I64);
        var kept = c.sets("ignore_index") ? labels.ne(c.integer("ignore_index", 0))
                : Tensor.of(true).reshape().expand(labels.shape().toArray());
        var safe = kept.where(labels, labels.zerosLike());
        var picked = logs.gather(1, safe.unsqueeze(1)).squeeze(1).neg();
        var weights = kept.to(logs.dtype());
        if (c.has(2)) weights = weights.mul(c.x(2).indexSelect(0, safe.flatten()).reshape(labels.shape().toArray()));
        var each = kept.where(picked, picked.zerosLike()).mul(weights);
        return switch (c.text("reduction", "mean")) {
            case "none" -> each;
            case "sum" -> each.sum();
            default -> each.sum().div(weights.sum());
        };
    }

    private record Update(Call c, Tensor rate, double t, Tensor x, Tensor gradient, Tensor first, Tensor second) {}

    @FunctionalInterface
    private interface Rule {
        /** The new values, then the new states. */
        Tensor[] of(Update u);
    }

    /** Inputs are a rate, a count of steps, and so many lists of one length: values, gradients, states. */
    private static Object steps(Call c, int lists, Rule rule) {
        int n = (c.inputs() - 2) / lists;
        var out = new Object[n * (lists - 1)];
        for (int i = 0; i < n; i++) {
            var x = c.x(2 + i);
            var gradient = c.x(2 + n + i).add(x.mul(c.number("norm_coefficient", 0)));
            var results = rule
                    .of(new Update(c, c.x(0), c.number(1), x, gradient, c.x(2 + 2 * n + i), lists > 3 ? c.x(2 + 3 * n + i) : null));
            for (int k = 0; k < results.length; k++) out[k * n + i] = results[k].to(x.dtype());
        }
        return out;
    }

    private static Tensor[] momentum(Update u) {
        double alpha = u.c.number("alpha", 0), beta = u.t > 0 ? u.c.number("beta", 0) : 1;
        var v = u.first.mul(alpha).add(u.gradient.mul(beta));
        var step = u.c.text("mode", "standard").equals("nesterov") ? u.gradient.add(v.mul(alpha)) : v;
        return new Tensor[] {u.x.sub(step.mul(u.rate)), v};
    }

    private static Tensor[] adagrad(Update u) {
        var h = u.first.add(u.gradient.square());
        var rate = u.rate.div(1 + u.t * u.c.number("decay_factor", 0));
        return new Tensor[] {u.x.sub(u.gradient.mul(rate).div(h.sqrt().add(u.c.number("epsilon", 1e-6f)))), h};
    }

    private static Tensor[] adam(Update u) {
        double alpha = u.c.number("alpha", 0.9f), beta = u.c.number("beta", 0.999f);
        var v = u.first.mul(alpha).add(u.gradient.mul(1 - alpha));
        var h = u.second.mul(beta).add(u.gradient.square().mul(1 - beta));
        var rate = u.t > 0 ? u.rate.mul(Math.sqrt(1 - Math.pow(beta, u.t)) / (1 - Math.pow(alpha, u.t))) : u.rate;
        var x = u.x.sub(v.mul(rate).div(h.sqrt().add(u.c.number("epsilon", 1e-6f))));
        return new Tensor[] {x.mul(1 - u.c.number("norm_coefficient_post", 0)), v, h};
    }
}
