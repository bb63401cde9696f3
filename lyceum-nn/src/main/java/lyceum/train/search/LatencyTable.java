package lyceum.train.search;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import lyceum.autograd.Autograd;
import lyceum.autograd.FlopCounter;
import lyceum.nn.Layer;
import lyceum.tensor.Tensor;

/**
 * What each candidate of each choice costs; an architecture costs the sum of what it has. Filled in by hand, by the clock or by counting.
 *
 * @param costs for each choice one number a candidate, finite and at least 0: milliseconds, or any other unit
 * @see <a href="https://arxiv.org/abs/1812.00332">Cai, Zhu and Han (2019), section 3.3</a>
 */
public record LatencyTable(List<double[]> costs) {
    public LatencyTable {
        costs = costs.stream().map(double[]::clone).toList();
        for (var row : costs)
            for (double cost : row)
                if (!(cost >= 0 && cost < Double.POSITIVE_INFINITY))
                    throw new IllegalArgumentException("LatencyTable: a cost of " + cost + "; finite and at least 0");
    }

    /** Milliseconds for x, the median of {@code runs} after half as many to warm up. */
    public static LatencyTable measured(SuperNet net, Tensor x, int runs) {
        if (runs < 1) throw new IllegalArgumentException("LatencyTable: " + runs + " runs; at least 1");
        return filled(net, x, (layer, in) -> {
            var times = new double[runs];
            for (int i = -(runs + 1) / 2; i < runs; i++) {
                long begin = System.nanoTime();
                layer.forward(in).compute();
                if (i >= 0) times[i] = (System.nanoTime() - begin) * 1e-6;
            }
            Arrays.sort(times);
            return times[runs / 2];
        });
    }

    /** Operations in products for x, a multiply-add two. */
    public static LatencyTable counted(SuperNet net, Tensor x) {
        return filled(net, x, (layer, in) -> (double) FlopCounter.count(() -> layer.forward(in).compute()).products());
    }

    @FunctionalInterface
    private interface Measure {
        double of(Layer layer, Tensor in);
    }

    private static LatencyTable filled(SuperNet net, Tensor x, Measure measure) {
        var costs = new ArrayList<double[]>();
        var choices = net.space().choices();
        Autograd.noGrad(() -> net.space().flow(net.stem().forward(x).compute(), (choice, in) -> {
            var row = new double[choices.get(choice).candidates().size()];
            for (int k = 0; k < row.length; k++) row[k] = measure.of(net.candidate(choice, k), in);
            costs.add(row);
            return net.candidate(choice, 0).forward(in).compute();
        }));
        return new LatencyTable(costs);
    }

    /** The sum of what an architecture has. */
    public double of(Architecture a) {
        if (a.picks().size() != costs.size())
            throw new IllegalArgumentException("LatencyTable: " + a.picks().size() + " picks for " + costs.size() + " choices");
        double sum = 0;
        for (int c = 0; c < costs.size(); c++) sum += costs.get(c)[a.pick(c)];
        return sum;
    }

    /** Of the most expensive architecture. */
    public double worst() { return sum(row -> Arrays.stream(row).max().orElseThrow()); }

    /** Of the cheapest. */
    public double best() { return sum(row -> Arrays.stream(row).min().orElseThrow()); }

    private double sum(ToDoubleFunction<double[]> of) { return costs.stream().mapToDouble(of).sum(); }

    /** The mean over architectures drawn from these probabilities: {@code sum over choices of p' cost}; gradients reach p. */
    public Tensor expected(List<Tensor> probabilities) {
        Tensor sum = null;
        for (int c = 0; c < costs.size(); c++) {
            var p = probabilities.get(c);
            var part = p.mul(Tensor.of(costs.get(c)).to(p.dtype())).sum();
            sum = sum == null ? part : sum.add(part);
        }
        return sum;
    }
}
