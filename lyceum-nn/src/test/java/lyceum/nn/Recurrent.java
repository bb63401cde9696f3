package lyceum.nn;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.IntFunction;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.SequenceTasks;
import lyceum.memory.Scope;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Clip;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Gap;
import lyceum.testing.Golden;

/** What the tests of recurrent networks share. */
final class Recurrent {
    private Recurrent() {}

    /** Makes a network of a golden case: its config, and its projection or activation by name. */
    @FunctionalInterface
    interface Make {
        Rnn of(RnnConfig config, int projection, String activation);
    }

    /** Outputs, last states and all gradients of {@code nn_recurrent.py}'s networks. */
    static Gap twins(List<Golden> cases, Make make, String... states) {
        var gap = Gap.relativeBeyondOne();
        for (var c : cases) {
            int[] n = c.ints("input.sizes");
            var config = new RnnConfig(n[2], n[3]).withLayers(n[4]).withBidirectional(c.flag("input.bidirectional")).withDtype(DType.F64);
            var rnn = make.of(config, n[5], c.text("input.activation"));
            var twin = new Twin((long) c.number("input.seed"));
            twin.fill(rnn);
            int[] lengths = c.ints("input.lengths");
            var inputs = new ArrayList<Tensor>();
            inputs.add(twin.draw(n[0], n[1], n[2]).requiresGrad());
            var initial = new LinkedHashMap<String, RecurrentState>();
            for (var name : states)
                inputs.add(twin.draw(n[4] * config.directions(), n[0], name.equals("h") && n[5] > 0 ? n[5] : n[3]).requiresGrad());
            int k = 0;
            for (var cell : rnn.cells().keySet()) {
                var parts = new LinkedHashMap<String, Tensor>();
                for (int s = 0; s < states.length; s++) parts.put(states[s], inputs.get(1 + s).select(0, k));
                initial.put(cell, RecurrentState.of(parts));
                k++;
            }
            var out = rnn.run(inputs.getFirst(), RecurrentState.join(initial), lengths.length == 0 ? null : lengths, Pass.inference());
            var outputs = new ArrayList<Tensor>(List.of(out.outputs()));
            for (var name : states) outputs.add(out.state().stacked(name));
            twin.compare(gap, c, rnn.parameters(), inputs, outputs);
        }
        return gap;
    }

    static double distance(Tensor a, Tensor b) { return a.sub(b).abs().max().item(); }

    /** Updates by Adam with clipping at 1. */
    static void train(SequencedMap<String, Tensor> parameters, double rate, int updates, IntFunction<Tensor> loss) {
        var optimizer = new Adam(rate).over(parameters).clippedBy(Clip.norm(1));
        for (int i = 0; i < updates; i++) {
            try (var scope = Scope.open("update")) {
                optimizer.zeroGrad();
                loss.apply(i).backward();
                optimizer.step();
            }
        }
    }

    /** Parameters of a network and of its read-out under names of their own. */
    static SequencedMap<String, Tensor> parameters(Module network, Module head) {
        var all = new LinkedHashMap<String, Tensor>(network.parameters());
        head.parameters().forEach((name, t) -> all.put("head." + name, t));
        return all;
    }

    /** Mean squared error on 1,000 fresh sequences of the adding problem, after so many updates of 32. */
    static double adding(Rnn network, int updates, double rate, long seed) {
        var head = new Linear(network.outputs(), 1, Rng.of(seed));
        var rng = Rng.of(seed + 1);
        train(parameters(network, head), rate, updates, i -> {
            var batch = SequenceTasks.adding(rng, 32, 50);
            return Loss.mse(head.forward(network.last(network.run(batch.x(), null, Pass.inference()).state())), batch.y());
        });
        var test = SequenceTasks.adding(Rng.of(seed + 2), 1000, 50);
        return Autograd
                .noGrad(() -> Loss.mse(head.forward(network.last(network.run(test.x(), null, Pass.inference()).state())), test.y()).item());
    }
}
