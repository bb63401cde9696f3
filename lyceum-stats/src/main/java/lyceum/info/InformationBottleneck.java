package lyceum.info;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.backend.Parallel;
import lyceum.linalg.Svd;
import lyceum.optim.Lbfgs;
import lyceum.optim.Objective;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * The shortest description Z of X that still tells of Y, for discrete variables: {@code min I(X;Z) - beta I(Z;Y)} over encoders {@code p(z|x)}, by iterating
 *
 * <pre>
 * p(z) = sum p(x) p(z|x)     p(y|z) = sum p(x, y) p(z|x) / p(z)     p(z|x) proportional to p(z) exp(-beta KL(p(y|x) | p(y|z)))
 * </pre>
 *
 * of which no step raises it, to a local minimum. The deterministic form minimises {@code H(Z) - beta I(Z;Y)}: every x goes to the z with the largest
 * {@code ln p(z) - beta KL}, so that clusters are hard and left over ones die out. Beta is on the relevance; the variational form's lambda is 1 / beta.
 *
 * {@snippet :
 * double[][] joint = {{0.3, 0.02}, {0.28, 0.05}, {0.03, 0.32}};   // rows x, columns y
 * double critical = InformationBottleneck.criticalBeta(joint);    // below it the best description is none
 * var found = new InformationBottleneck(5).fit(joint, 3, Rng.of(1));
 * double told = found.relevance(), paid = found.complexity();
 * var curve = InformationBottleneck.curve(joint, 3, new double[] {1, 2, 4, 8, 16}, 10, Rng.of(1));
 * }
 *
 * @param beta nats paid in description for a nat about Y, at least 0
 * @param deterministic hard clusters
 * @param tolerance of the objective's fall in a step, at which it has converged
 * @see <a href="https://arxiv.org/abs/physics/0004057">Tishby, Pereira and Bialek (1999)</a>
 * @see <a href="https://arxiv.org/abs/1604.00268">Strouse and Schwab (2017), the deterministic form</a>
 */
@Withers
public record InformationBottleneck(double beta, boolean deterministic, int maxIterations, double tolerance)
        implements InformationBottleneckWithers {

    public InformationBottleneck {
        if (!(beta >= 0) || maxIterations < 1 || !(tolerance >= 0)) throw new IllegalArgumentException("InformationBottleneck: beta " + beta
                + ", " + maxIterations + " iterations, tolerance " + tolerance + "; at least 0, at least 1, at least 0");
    }

    /** Soft, 5,000 iterations at most, to 1e-14. */
    public InformationBottleneck(double beta) { this(beta, false, 5_000, 1e-14); }

    /**
     * An encoder and what it does, in nats.
     *
     * @param encoder p(z|x), [x][z]
     * @param decoder p(y|z), [z][y]; of an empty z that of all
     * @param complexity I(X;Z)
     * @param relevance I(Z;Y)
     * @param entropy H(Z)
     * @param objectives before each iteration and after the last
     */
    public record Solution(double beta, double[][] encoder, double[] clusters, double[][] decoder, double complexity, double relevance,
            double entropy, double[] objectives, boolean converged) {
        /** The objective's last value. */
        public double objective() { return objectives[objectives.length - 1]; }

        /** Clusters with a weight above 1e-9. */
        public int used() { return (int) Arrays.stream(clusters).filter(p -> p > 1e-9).count(); }
    }

    /** From a random soft encoder, or random clusters. */
    public Solution fit(double[][] joint, int clusters, Rng rng) { return fit(joint, start(joint.length, clusters, deterministic, rng)); }

    private static double[][] start(int rows, int clusters, boolean hard, Rng rng) {
        if (clusters < 1) throw new IllegalArgumentException("InformationBottleneck: " + clusters + " clusters; at least 1");
        var encoder = new double[rows][clusters];
        for (double[] row : encoder) {
            if (hard) row[rng.nextInt(clusters)] = 1;
            else for (int z = 0; z < clusters; z++) row[z] = -Math.log1p(-rng.nextDouble());
            normalise(row);
        }
        return encoder;
    }

    private static double normalise(double[] weights) {
        double sum = 0;
        for (double w : weights) sum += w;
        for (int i = 0; i < weights.length; i++) weights[i] /= sum;
        return sum;
    }

    /**
     * From an encoder.
     *
     * @param joint p(x, y), rows x; any weights, they are divided by their sum
     * @param encoder p(z|x), [x][z]
     */
    public Solution fit(double[][] joint, double[][] encoder) {
        double[][] p = checked(joint);
        if (encoder.length != p.length)
            throw new ShapeException("InformationBottleneck: an encoder of " + encoder.length + " rows for a table of " + p.length);
        double[] px = Entropy.rowSums(p), py = Entropy.columnSums(p);
        var q = Arrays.stream(encoder).map(double[]::clone).toArray(double[][]::new);
        int n = p.length, m = py.length, k = q[0].length;
        double[][] decoder = new double[k][m];
        double[] pz = new double[k], log = new double[k], row = new double[n]; // row: sum p(y|x) ln p(y|x)
        for (int x = 0; x < n; x++) for (int y = 0; y < m; y++) if (p[x][y] > 0) row[x] += p[x][y] / px[x] * Math.log(p[x][y] / px[x]);
        var objectives = new double[maxIterations + 1];
        for (int step = 0;; step++) {
            marginals(p, px, py, q, pz, decoder);
            double complexity = 0, relevance = 0, entropy = 0;
            for (int z = 0; z < k; z++) {
                if (pz[z] == 0) continue;
                entropy -= pz[z] * Math.log(pz[z]);
                for (int x = 0; x < n; x++) if (q[x][z] > 0) complexity += px[x] * q[x][z] * Math.log(q[x][z] / pz[z]);
                for (int y = 0; y < m; y++) if (decoder[z][y] > 0) relevance += pz[z] * decoder[z][y] * Math.log(decoder[z][y] / py[y]);
            }
            objectives[step] = (deterministic ? entropy : complexity) - beta * relevance;
            boolean converged = step > 0 && objectives[step - 1] - objectives[step] <= tolerance;
            if (converged || step == maxIterations) return new Solution(beta, q, pz, decoder, Math.max(0, complexity),
                    Math.max(0, relevance), entropy, Arrays.copyOf(objectives, step + 1), converged);
            for (int x = 0; x < n; x++) if (px[x] > 0) {
                for (int z = 0; z < k; z++)
                    log[z] = pz[z] == 0 ? Double.NEGATIVE_INFINITY
                            : Math.log(pz[z]) - (beta == 0 ? 0 : beta * divergence(p[x], px[x], row[x], decoder[z]));
                encode(log, q[x]);
            }
        }
    }

    /** {@code KL(p(y|x) | p(y|z))}. */
    private static double divergence(double[] joint, double px, double own, double[] decoder) {
        double cross = 0;
        for (int y = 0; y < joint.length; y++) if (joint[y] > 0) cross += joint[y] * Math.log(decoder[y]);
        return own - cross / px;
    }

    private void encode(double[] log, double[] into) {
        int best = 0;
        for (int z = 1; z < log.length; z++) if (log[z] > log[best]) best = z;
        for (int z = 0; z < log.length; z++) into[z] = deterministic ? z == best ? 1 : 0 : Math.exp(log[z] - log[best]);
        normalise(into);
    }

    private static void marginals(double[][] p, double[] px, double[] py, double[][] q, double[] pz, double[][] decoder) {
        Arrays.fill(pz, 0);
        for (double[] d : decoder) Arrays.fill(d, 0);
        for (int x = 0; x < p.length; x++) for (int z = 0; z < pz.length; z++) {
            if (q[x][z] == 0) continue;
            pz[z] += px[x] * q[x][z];
            for (int y = 0; y < py.length; y++) decoder[z][y] += p[x][y] * q[x][z];
        }
        for (int z = 0; z < pz.length; z++) for (int y = 0; y < py.length; y++) decoder[z][y] = pz[z] > 0 ? decoder[z][y] / pz[z] : py[y];
    }

    private static double[][] checked(double[][] joint) {
        if (joint.length == 0 || joint[0].length == 0) throw new ShapeException("InformationBottleneck: an empty table");
        var p = Arrays.stream(joint).map(double[]::clone).toArray(double[][]::new);
        double sum = 0;
        for (double[] row : p) for (double v : row) {
            if (!(v >= 0)) throw new IllegalArgumentException("InformationBottleneck: a probability of " + v + "; at least 0");
            sum += v;
        }
        if (!(sum > 0)) throw new IllegalArgumentException("InformationBottleneck: the table's sum is " + sum + "; above 0");
        for (double[] row : p) for (int y = 0; y < row.length; y++) row[y] /= sum;
        return p;
    }

    /**
     * The best soft solution at each beta of: annealing (from the highest beta, where each x has a cluster if there are enough, down, and up again, each from the
     * solution before it) and random restarts.
     *
     * @param betas ascending
     */
    public static Solution[] curve(double[][] joint, int clusters, double[] betas, int restarts, Rng rng) {
        var best = new Solution[betas.length];
        Parallel.range(betas.length, 1, (from, to) -> {
            for (int b = (int) from; b < to; b++)
                for (int r = 0; r < restarts; r++)
                    best[b] = better(best[b], new InformationBottleneck(betas[b]).fit(joint, clusters, rng.split(b).split(r)));
        });
        var encoder = new double[joint.length][clusters];
        for (int x = 0; x < joint.length; x++) encoder[x][x % clusters] = 1;
        for (int b = betas.length - 1; b >= 0; b--)
            encoder = (best[b] = better(best[b], new InformationBottleneck(betas[b]).fit(joint, softened(encoder)))).encoder;
        for (int b = 1; b < betas.length; b++)
            best[b] = better(best[b], new InformationBottleneck(betas[b]).fit(joint, softened(best[b - 1].encoder)));
        return best;
    }

    private static Solution better(Solution a, Solution b) { return a == null || b.objective() < a.objective() ? b : a; }

    /** A cluster that is ruled out would stay so for ever. */
    private static double[][] softened(double[][] encoder) {
        var soft = Arrays.stream(encoder).map(double[]::clone).toArray(double[][]::new);
        for (int x = 0; x < soft.length; x++)
            for (int z = 0; z < soft[x].length; z++) soft[x][z] = 0.999 * soft[x][z] + 0.001 * (1 + (x + z) % 3) / (2.0 * soft[x].length);
        for (double[] row : soft) normalise(row);
        return soft;
    }

    /**
     * {@code 1 / eta}: up to this beta nothing said is the best description. Eta is the largest {@code KL(r W | p(y)) / KL(r | p(x))} over distributions r of x, W being
     * {@code p(y|x)}: how much of a divergence passes the channel. Its limit for r near p(x) is the squared maximal correlation; the rest is found by L-BFGS from every
     * corner, so that it may come out too low in odd cases.
     */
    public static double criticalBeta(double[][] joint) {
        double[][] p = Arrays.stream(checked(joint)).filter(row -> Arrays.stream(row).sum() > 0).toArray(double[][]::new);
        double[] px = Entropy.rowSums(p), py = Entropy.columnSums(p);
        double[][] scaled = new double[p.length][py.length], channel = new double[p.length][py.length];
        for (int x = 0; x < p.length; x++) for (int y = 0; y < py.length; y++) {
            channel[x][y] = p[x][y] / px[x];
            scaled[x][y] = py[y] == 0 ? 0 : p[x][y] / Math.sqrt(px[x] * py[y]);
        }
        double[] values = Svd.values(Tensor.of(scaled)).toDoubleArray();
        double eta = values.length < 2 ? 0 : values[1] * values[1];
        Tensor w = Tensor.of(channel), prior = Tensor.of(px).log(),
                output = Tensor.of(Arrays.stream(py).map(v -> Math.max(v, 1e-300)).toArray()).log();
        Objective ratio = Objective.of(logits -> {
            var log = logits.sub(logits.logSumExp());
            Tensor r = log.exp(), out = r.matmul(w);
            return out.mul(out.add(1e-300).log().sub(output)).sum().div(r.mul(log.sub(prior)).sum().add(1e-12)).neg();
        });
        for (int x = 0; x < px.length; x++) for (double push : new double[] {0.5, 3}) {
            double[] start = prior.toDoubleArray();
            start[x] += push;
            eta = Math.max(eta, -new Lbfgs().withMaxIterations(200).minimize(ratio, start).value());
        }
        return 1 / eta;
    }
}
