package lyceum.train.search;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.nn.Pass;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Sgd;
import lyceum.optim.UpdateRule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Search over binarised paths with latency in the loss. The network's weights learn on one path a batch, drawn by the probabilities p; for the architecture's weights alpha two
 * candidates of each choice are drawn and one of the two is switched on, so that memory is that of two paths and not of all. A gate's gradient is passed on to the
 * probabilities of the two as if gate and probability were one: {@code dL/da_i = sum_j dL/dg_j p_j (delta_ij - p_i)}.
 *
 * <p>The loss of alpha is {@code L + lambda E[latency] / worst}, with {@code worst} the latency of the slowest architecture: lambda is what that latency is worth in units of the
 * loss. The expectation runs over the two drawn candidates of each choice, where the paper's runs over all: so both terms weigh each comparison of two candidates alike, and
 * what lambda buys does not depend on how many candidates there are.
 *
 * {@snippet :
 * var table = LatencyTable.counted(new SuperNet(space, Rng.of(1)), train.head(1).x());
 * var found = new ProxylessNas(30, table, 0.2).search(space, Loss::crossEntropy, train, validation, Rng.of(1), Progress.SILENT);
 * table.of(found.choice());
 * }
 *
 * @param warmup passes over the training data in which the network's weights learn alone, on uniform paths, at least 0
 * @param epochs further passes, in which both learn, at least 1
 * @param batchSize rows of a training batch and of a validation batch, at least 1
 * @param weights how w moves
 * @param architecture how alpha moves
 * @param latency of each candidate
 * @param lambda at least 0; 0 for accuracy alone
 * @see <a href="https://arxiv.org/abs/1812.00332">Cai, Zhu and Han (2019), ProxylessNAS: Direct Neural Architecture Search on Target Task and Hardware</a>
 */
@Withers
public record ProxylessNas(int warmup, int epochs, int batchSize, UpdateRule weights, UpdateRule architecture, LatencyTable latency,
        double lambda) implements ProxylessNasWithers {

    public ProxylessNas {
        if (warmup < 0 || epochs < 1 || batchSize < 1) throw new IllegalArgumentException(
                "ProxylessNas: warmup is " + warmup + ", epochs " + epochs + ", batchSize " + batchSize + "; at least 0, 1 and 1");
        if (!(lambda >= 0 && lambda < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("ProxylessNas: lambda is " + lambda + "; finite and at least 0");
    }

    /** No warm-up, batches of 32; w by SGD at 0.025 with momentum 0.9 and decay 3e-4, alpha by Adam at 0.006 with beta 0 and 0.999. */
    public ProxylessNas(int epochs, LatencyTable latency, double lambda) {
        this(0, epochs, 32, new Sgd(0.025).withMomentum(0.9).withWeightDecay(3e-4), new Adam(6e-3).withBetas(0, 0.999), latency, lambda);
    }

    /**
     * @param rng draws the first weights, the batches and the paths; alpha begins with zeros
     * @throws lyceum.progress.CancelledException if progress says so, at an epoch's end
     * @throws lyceum.ConvergenceException if a loss is not finite
     */
    public SearchOutcome search(NetworkSpace space, Loss loss, Dataset train, Dataset validation, Rng rng, Progress progress) {
        for (int c = 0; c < space.choices().size(); c++)
            if (latency.costs().size() != space.choices().size()
                    || latency.costs().get(c).length != space.choices().get(c).candidates().size())
                throw new IllegalArgumentException("ProxylessNas: the latencies are those of another space");
        var net = new SuperNet(space, rng.split(1));
        var run = new GradientSearch(net, loss, train, validation, warmup, epochs, batchSize, weights, architecture, rng);
        double worst = latency.worst();
        return run.search("ProxylessNAS", (learning, judging, pass) -> {
            var draws = pass.rng().split(1);
            var pairs = space.probabilities(run.alpha()).stream().map(p -> pair(p.toDoubleArray(), draws)).toList();
            return Autograd.noGrad(() -> Autograd.grad(alpha -> {
                var p = pairProbabilities(space.parts(alpha), pairs);
                var error = loss.of(net.gated(judging.x(), pairs, gates(p, draws), pass), judging.y());
                return lambda == 0 || worst == 0 ? error : error.add(expected(p, pairs).mul(lambda / worst).to(error.dtype()));
            }).apply(run.alpha()));
        }, (learning, pass) -> {
            var draws = pass.rng().split(1);
            var path = new Architecture(space.probabilities(run.alpha()).stream().map(p -> drawn(p.toDoubleArray(), draws)).toList());
            return loss.of(net.path(path).forward(learning.x(), pass), learning.y());
        }, progress);
    }

    /** A number by its share. */
    private static int drawn(double[] shares, Rng rng) {
        double total = 0, sum = 0;
        for (double s : shares) total += s;
        double u = rng.nextDouble() * total;
        int last = 0;
        for (int i = 0; i < shares.length; i++) {
            if (shares[i] <= 0) continue;
            sum += shares[i];
            last = i;
            if (u < sum) break;
        }
        return last;
    }

    /** Two numbers without replacement, or the only one. */
    private static int[] pair(double[] shares, Rng rng) {
        if (shares.length == 1) return new int[] {0};
        int first = drawn(shares, rng);
        shares[first] = 0;
        double left = 0;
        for (double s : shares) left += s;
        if (left == 0) return new int[] {first, (first + 1) % shares.length};
        return new int[] {first, drawn(shares, rng)};
    }

    private static List<Tensor> pairProbabilities(List<Tensor> alpha, List<int[]> pairs) {
        return IntStream.range(0, pairs.size()).mapToObj(c -> alpha.get(c).indexSelect(0, Tensor.of(pairs.get(c))).softmax(0)).toList();
    }

    /** One of each pair is on: its value is 1, its gradient that of the pair's probability. */
    private static List<Tensor> gates(List<Tensor> probabilities, Rng rng) {
        return probabilities.stream().map(p -> {
            var hard = new float[(int) p.count()];
            hard[drawn(p.detach().toDoubleArray(), rng)] = 1;
            return Tensor.of(hard).add(p.sub(p.detach()));
        }).toList();
    }

    private Tensor expected(List<Tensor> probabilities, List<int[]> pairs) {
        return new LatencyTable(IntStream.range(0, pairs.size())
                .mapToObj(c -> Arrays.stream(pairs.get(c)).mapToDouble(k -> latency.costs().get(c)[k]).toArray()).toList())
                .expected(probabilities);
    }
}
