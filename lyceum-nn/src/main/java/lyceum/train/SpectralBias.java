package lyceum.train;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.nn.Module;
import lyceum.optim.UpdateRule;
import lyceum.progress.Progress;
import lyceum.tensor.Tensor;

/**
 * Which parts of a target a network learns first: its outputs are projected on modes (frequencies of a grid, or eigenvectors of a kernel) while it trains.
 *
 * {@snippet :
 * var bias = SpectralBias.ofFrequencies(y, 1, 5, 10);
 * bias.train(network, x, new Adam(1e-3), 5000, 10, 0.5, Progress.SILENT);
 * double ratio = (double) bias.learned(2, 0.5) / bias.learned(0, 0.5);
 * long[] predicted = bias.predicted(kernel, f0, rate, 0.5);      // what the linearised network would need
 * }
 *
 * <p>The progress of mode v at outputs f is {@code f . v / (y . v)}: 0 where nothing of it is there, 1 when it is learnt, in its phase.
 *
 * @see <a href="https://arxiv.org/abs/1806.08734">Rahaman et al. (2019)</a>
 * @see <a href="https://arxiv.org/abs/1906.00425">Basri, Jacobs, Kasten and Kritchman (2019)</a>
 */
public final class SpectralBias {
    private final Tensor target, modes;
    private final double[] whole;
    private final List<Long> steps = new ArrayList<>();
    private final List<double[]> progress = new ArrayList<>();

    private SpectralBias(Tensor target, Tensor modes) {
        this.target = target.detach().to(DType.F64).flatten().compute();
        this.modes = modes.detach().to(DType.F64).compute();
        if (modes.rank() != 2 || modes.size(0) != this.target.count())
            throw new ShapeException("SpectralBias: modes " + modes.shape() + " for " + this.target.count() + " targets; they are columns");
        whole = this.target.matmul(this.modes).toDoubleArray();
        double size = this.target.norm().item();
        for (int k = 0; k < whole.length; k++)
            if (!(Math.abs(whole[k]) > 1e-9 * size * modes.select(1, k).norm().item()))
                throw new IllegalArgumentException("SpectralBias: the target has nothing of mode " + k + "; leave it out");
    }

    /** Any modes: columns (n, m), of which the target (n) has something each. */
    public static SpectralBias of(Tensor target, Tensor modes) { return new SpectralBias(target, modes); }

    /**
     * Frequencies of an even grid.
     *
     * @param target at {@code n} even places over one period
     * @param frequencies whole, from 1 to below n / 2; each mode is the target's own wave of that frequency
     */
    public static SpectralBias ofFrequencies(Tensor target, int... frequencies) {
        int n = (int) target.count();
        var y = target.detach().to(DType.F64).flatten().toDoubleArray();
        var waves = new double[n][frequencies.length];
        for (int k = 0; k < frequencies.length; k++) {
            int f = frequencies[k];
            if (f < 1 || 2 * f >= n)
                throw new IllegalArgumentException("SpectralBias: frequency " + f + " on " + n + " points; it is 1 to below half of them");
            double cos = 0, sin = 0;
            for (int i = 0; i < n; i++) {
                double angle = 2 * Math.PI * ((long) f * i % n) / n;
                cos += y[i] * Math.cos(angle) * 2 / n;
                sin += y[i] * Math.sin(angle) * 2 / n;
            }
            for (int i = 0; i < n; i++) {
                double angle = 2 * Math.PI * ((long) f * i % n) / n;
                waves[i][k] = cos * Math.cos(angle) + sin * Math.sin(angle);
            }
        }
        return new SpectralBias(target, Tensor.of(waves));
    }

    /** How many modes. */
    public int modes() { return whole.length; }

    /** Progress of every mode at these outputs. */
    public double[] progress(Tensor outputs) {
        if (outputs.count() != target.count())
            throw new ShapeException("SpectralBias: outputs " + outputs.shape() + " for " + target.count() + " targets");
        double[] now = outputs.detach().to(DType.F64).flatten().matmul(modes).toDoubleArray();
        for (int k = 0; k < now.length; k++) now[k] /= whole[k];
        return now;
    }

    /** Takes a look, at a step later than the last. */
    public void record(long step, Tensor outputs) {
        if (!steps.isEmpty() && step <= steps.getLast())
            throw new IllegalArgumentException("SpectralBias.record: step " + step + " after " + steps.getLast());
        progress.add(progress(outputs));
        steps.add(step);
    }

    /** The recorded steps. */
    public long[] steps() { return steps.stream().mapToLong(Long::longValue).toArray(); }

    /** The progress of one mode at the recorded steps. */
    public double[] trace(int mode) { return progress.stream().mapToDouble(p -> p[mode]).toArray(); }

    /** The first recorded step at which a mode's progress was at least a share; -1 if it never was. */
    public long learned(int mode, double share) {
        for (int i = 0; i < progress.size(); i++) if (progress.get(i)[mode] >= share) return steps.get(i);
        return -1;
    }

    /**
     * Trains a network on the mean of {@code (f - y)^2 / 2} over all rows and records as it goes.
     *
     * @param x rows whose outputs are compared with the target
     * @param most steps
     * @param every steps between records
     * @param share stops when every mode has come so far; above 1 for all steps
     */
    public void train(Module network, Tensor x, UpdateRule rule, int most, int every, double share, Progress watcher) {
        var optimizer = rule.over(network.parameters());
        var y = target.to(ParameterSpace.of(network).dtype()).compute();
        for (int step = 0; step <= most; step++) {
            try (var scope = Scope.open("spectral bias")) {
                if (step % every == 0) {
                    record(step, Autograd.noGrad(() -> network.forward(x).compute()));
                    boolean all = true;
                    for (int k = 0; k < whole.length; k++) all &= learned(k, share) >= 0;
                    if (all) return;
                }
                optimizer.zeroGrad();
                network.forward(x).flatten().sub(y).square().mean().mul(0.5).backward();
                optimizer.step();
            }
            if (step % 100 == 0) watcher.step("spectral bias", step, most);
        }
    }

    /**
     * When gradient descent on the same loss would bring each mode to a share if the network were its linearisation: steps, to one part in a thousand;
     * {@link Long#MAX_VALUE} if that takes more than 2^50.
     *
     * @param kernel (n, n): the tangent kernel of the rows
     * @param start outputs at step 0
     * @param rate of the steps
     */
    public long[] predicted(Tensor kernel, Tensor start, double rate, double share) {
        var dynamics = new KernelDynamics(kernel, target.sub(start.detach().to(DType.F64).flatten()));
        double perStep = rate / target.count();
        var found = new long[whole.length];
        for (int k = 0; k < found.length; k++) {
            long high = 1;
            while (high < 1L << 50 && progress(target.sub(dynamics.residual(perStep, high)))[k] < share) high *= 2;
            long low = high / 2;
            while (high - low > Math.max(1, high / 1000)) {
                long middle = (low + high) / 2;
                if (progress(target.sub(dynamics.residual(perStep, middle)))[k] < share) low = middle;
                else high = middle;
            }
            found[k] = high >= 1L << 50 ? Long.MAX_VALUE : high;
        }
        return found;
    }
}
