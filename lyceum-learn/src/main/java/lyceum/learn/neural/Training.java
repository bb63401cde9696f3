package lyceum.learn.neural;

import java.util.LinkedHashMap;
import java.util.Map;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.optim.Lbfgs;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.MlpFit;

/** A network trained: its parameters, and the loss of each epoch (of L-BFGS the last value alone). */
record Training(Map<String, Tensor> parameters, double[] losses) {
    static Training of(MlpConfig config, MlpFit fit, Lbfgs lbfgs, Tensor x, Tensor y, Tensor weights, Rng rng, Progress progress) {
        var network = new Mlp(config, rng);
        double[] losses = lbfgs == null ? fit.fit(network, x, y, weights, rng, progress).losses()
                : new double[] {fit.minimize(network, x, y, weights, lbfgs, progress).value()};
        var parameters = new LinkedHashMap<String, Tensor>();
        network.state().forEach((name, tensor) -> parameters.put(name, tensor.detach().copy().compute()));
        return new Training(parameters, losses);
    }
}
