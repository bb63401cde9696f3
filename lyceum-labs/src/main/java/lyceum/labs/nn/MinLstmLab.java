package lyceum.labs.nn;

import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.memory.Scope;
import lyceum.nn.Lstm;
import lyceum.nn.MinLstm;
import lyceum.nn.MinLstmVariant;
import lyceum.nn.Rnn;
import lyceum.nn.RnnConfig;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;

/** A training step of an LSTM, which walks, and of a minLSTM, which scans, as sequences get longer. */
@Lab(topics = "minlstm", title = "Walking and scanning")
final class MinLstmLab implements LabBody {
    @Override public void run(LabContext lab) {
        int units = lab.param("units", 16, 4, 128), longest = lab.param("longest sequence", 512, 64, 4096),
                batch = lab.param("batch", 4, 1, 64);
        var config = new RnnConfig(8, units);
        var networks = List.of(new Lstm(config, lab.rng(1)), new MinLstm(config, new MinLstmVariant().withChunk(1), lab.rng(1)),
                new MinLstm(config, lab.rng(1)));
        var names = List.of("LSTM, a loop", "minLSTM, a loop", "minLSTM, a scan");
        var lengths = new ArrayList<Double>();
        for (double t = 32; t <= longest; t *= 2) lengths.add(t);
        double[] xs = lengths.stream().mapToDouble(t -> t).toArray();
        Plot figure = Figure.plot("Time of one training step");
        var times = new double[networks.size()][xs.length];
        for (int n : lab.progress("networks", networks.size())) {
            step(networks.get(n), Tensor.randn(lab.rng(2), batch, 32, 8).compute());
            for (int i = 0; i < xs.length; i++) {
                var x = Tensor.randn(lab.rng(3 + i), batch, (long) xs[i], 8).compute();
                long begun = System.nanoTime();
                step(networks.get(n), x);
                times[n][i] = (System.nanoTime() - begun) / 1e6;
            }
            figure = figure.line(names.get(n), xs, times[n]);
        }
        lab.figure(figure.axes("steps of the sequence", "milliseconds").logX().logY().describedAs(
                "The loop costs one round for every step of the sequence, the scan about two for every doubling of it, each over more numbers."));
        double difference = 0;
        var x = Tensor.randn(lab.rng(9), 2, longest, 8).compute();
        for (boolean gru : new boolean[] {false, true}) {
            var variant = new MinLstmVariant().withGru(gru);
            difference = Math.max(difference, new MinLstm(config, variant, lab.rng(4)).forward(x)
                    .sub(new MinLstm(config, variant.withChunk(1), lab.rng(4)).forward(x)).abs().max().item());
        }
        lab.say("At %d steps the scan took %.1f ms, the loop of the same cell %.1f ms, the LSTM %.1f ms.", longest, times[2][xs.length - 1],
                times[1][xs.length - 1], times[0][xs.length - 1]);
        lab.shows("largest difference between scan and loop", difference, below(1e-5));
    }

    private static void step(Rnn network, Tensor x) {
        try (var scope = Scope.open("training step")) {
            network.zeroGrad();
            network.forward(x).square().mean().backward();
            network.parameters().values().forEach(p -> p.grad().compute());
        }
    }
}
