package lyceum.data.mixture;

import java.util.Arrays;
import lyceum.progress.Progress;
import lyceum.withers.Withers;

/**
 * Mixture weights by distributionally robust optimisation over groups (Sagawa and others 2020), as DoReMi uses it (Xie and others 2023): a proxy learns
 * under the weights, and domains on which it is furthest behind its reference gain weight,
 * {@code w_i <- w_i exp(eta max(0, l_i - ref_i))}, normalised, then {@code (1 - c) w + c / k}. The answer is the average of the weights over the run.
 *
 * {@snippet :
 * var weights = new GroupDro().reweight(3, 200, w -> { proxy.step(w); return proxy.excessLosses(); }).average();
 * }
 *
 * @param eta       step size, 1 by default: for losses in nats that a step changes little. A proxy that answers at once with its best wants one so small that
 *                  {@code eta} times the spread of the losses is well below 1, or the weights swing between two domains
 * @param smoothing {@code c}, the share that is spread evenly so that no domain is forgotten, 1e-3 by default
 */
@Withers
public record GroupDro(double eta, double smoothing) implements GroupDroWithers {

    public GroupDro() { this(1, 1e-3); }

    public GroupDro {
        if (!(eta > 0) || eta == Double.POSITIVE_INFINITY)
            throw new IllegalArgumentException("GroupDro: eta is " + eta + "; it is positive");
        if (!(smoothing >= 0 && smoothing < 1))
            throw new IllegalArgumentException("GroupDro: smoothing is " + smoothing + "; it lies in [0, 1)");
    }

    /** The small model. */
    @FunctionalInterface
    public interface Proxy {
        /** Learns a little on a mixture of these weights, and tells how far it is behind the reference on each domain. */
        double[] excessLosses(double[] weights);
    }

    /** Weights over a run: their average, the last, and the worst excess loss at each step. */
    public record Result(double[] average, double[] last, double[] worst) {}

    /** The weights after one step. */
    public double[] update(double[] weights, double[] excess) {
        if (weights.length != excess.length)
            throw new IllegalArgumentException("GroupDro.update: " + weights.length + " weights, " + excess.length + " losses");
        double most = 0, sum = 0;
        for (double loss : excess) {
            if (Double.isNaN(loss))
                throw new IllegalArgumentException("GroupDro.update: an excess loss is NaN: " + Arrays.toString(excess));
            most = Math.max(most, loss);
        }
        var next = new double[weights.length];
        for (int i = 0; i < next.length; i++) sum += next[i] = weights[i] * Math.exp(eta * (Math.max(0, excess[i]) - most));
        for (int i = 0; i < next.length; i++) next[i] = (1 - smoothing) * next[i] / sum + smoothing / next.length;
        return next;
    }

    /** From equal weights, so many steps. */
    public Result reweight(int domains, int steps, Proxy proxy) { return reweight(domains, steps, proxy, Progress.SILENT); }

    /** As {@link #reweight(int, int, Proxy)}; {@code progress} hears the worst excess loss and may stop the run. */
    public Result reweight(int domains, int steps, Proxy proxy, Progress progress) {
        if (domains < 1 || steps < 1) throw new IllegalArgumentException("GroupDro.reweight: " + domains + " domains, " + steps + " steps");
        double[] weights = new double[domains], average = new double[domains], worst = new double[steps];
        Arrays.fill(weights, 1.0 / domains);
        for (int step = 0; step < steps; step++) {
            var excess = proxy.excessLosses(weights.clone());
            weights = update(weights, excess);
            for (int i = 0; i < domains; i++) average[i] += weights[i] / steps;
            worst[step] = Arrays.stream(excess).max().orElse(0);
            progress.step("group DRO", step + 1, steps, "worst excess loss", worst[step]);
        }
        return new Result(average, weights, worst);
    }
}
