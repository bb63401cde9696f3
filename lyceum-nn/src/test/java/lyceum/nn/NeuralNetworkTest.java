package lyceum.nn;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.format.Safetensors;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.AdamW;
import lyceum.optim.Optimizer;
import lyceum.optim.Sgd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NeuralNetworkTest {
    private static final String OURS = "neural-network-lyceum.safetensors", THEIRS = "neural-network-torch.safetensors";

    private static Golden golden() { return Golden.load("golden/neural-network.json"); }

    private static Sequential network(Golden c) { return Specs.sequence(c.text("input.spec"), Rng.of((long) c.number("input.seed"))); }

    /** Writes the weights that Lyceum begins with, for tools/golden/nn_basics.py to read: the argument is the folder of golden values. */
    public static void main(String[] arguments) throws IOException { write(Path.of(arguments[0], OURS)); }

    private static void write(Path path) throws IOException {
        var all = new LinkedHashMap<String, Tensor>();
        int i = 0;
        for (var c : golden().cases("network")) {
            var prefix = String.format("%02d.", i++);
            network(c).state().forEach((name, tensor) -> all.put(prefix + name, tensor));
        }
        Safetensors.write(path, all, Map.of("formatVersion", "1"));
    }

    private static Path resource(String name) throws IOException {
        var url = NeuralNetworkTest.class.getResource("/golden/" + name);
        try {
            return Path.of(url.toURI());
        } catch (URISyntaxException e) {
            throw new IOException(e);
        }
    }

    @Acceptance(topic = "neural-network", clause = 1)
    @Test void randomNetworksEqualPyTorchWithWeightsExchangedBothWays(@TempDir Path folder) throws IOException {
        var ours = folder.resolve("ours.safetensors");
        write(ours);
        assertThat(Files.mismatch(ours, resource(OURS))).as("the file that PyTorch's answers were computed from").isEqualTo(-1);
        for (var way : List.of("torch", "lyceum")) {
            var tensors = Safetensors.read(way.equals("torch") ? resource(THEIRS) : ours).tensors();
            var gap = Gap.relativeBeyondOne();
            int i = 0;
            for (var c : golden().cases("network")) {
                var prefix = String.format("%02d.", i++);
                var own = new LinkedHashMap<String, Tensor>();
                tensors.forEach((name, tensor) -> { if (name.startsWith(prefix)) own.put(name.substring(3), tensor); });
                var net = network(c);
                Autograd.noGrad(() -> net.parameters().values().forEach(p -> p.copy_(p.zerosLike())));
                net.load(own);
                compare(gap, c, way, Module.to(net, DType.F64));
            }
            Evidence.of("networks with weights from " + way, i, exactly(50));
            Evidence.of("weights from " + way + ": largest gap of outputs and gradients", gap, below(1e-5));
        }
    }

    private static void compare(Gap gap, Golden c, String way, Module net) {
        long seed = (long) c.number("input.seed");
        var x = new Twin(seed + 500).draw(c.integer("input.rows"), c.integer("input.inputs")).requiresGrad();
        var y = net.forward(x);
        var twin = new Twin(seed);
        gap.see(c, "expected." + way + ".y", twin.trace(y));
        y.mul(new Twin(seed + 1000).draw(y.shape().toArray())).sum().backward();
        var gradients = new ArrayList<Tensor>();
        new TreeMap<>(net.parameters()).values().forEach(p -> gradients.add(p.grad().flatten()));
        gradients.add(x.grad().flatten());
        gap.see(c, "expected." + way + ".gradients", twin.trace(Tensor.concat(0, gradients.toArray(Tensor[]::new))));
    }

    @Acceptance(topic = "neural-network", clause = 2)
    @Test void twoHiddenSigmoidsLearnExclusiveOr() {
        var x = Tensor.of(new float[] {0, 0, 0, 1, 1, 0, 1, 1}, 4, 2);
        var y = Tensor.of(new float[] {0, 1, 1, 0}, 4, 1);
        int solved = 0;
        for (int seed = 0; seed < 20; seed++) {
            boolean done = false;
            for (int restart = 0; restart <= 2 && !done; restart++) {
                var rng = Rng.of(100 + seed).split(restart);
                var net = new Sequential(new Linear(2, 2, true, DType.F32, Init.normal(1), rng), Activation.SIGMOID,
                        new Linear(2, 1, true, DType.F32, Init.normal(1), rng), Activation.SIGMOID);
                var optimizer = new Optimizer(List.of(new Optimizer.Group(new Adam(0.05), net.parameters())));
                for (int step = 0; step < 600; step++) {
                    optimizer.zeroGrad();
                    Loss.mse(net.forward(x), y).backward();
                    optimizer.step();
                }
                double[] out = net.forward(x).toDoubleArray();
                done = out[0] < 0.5 && out[1] > 0.5 && out[2] > 0.5 && out[3] < 0.5;
            }
            if (done) solved++;
        }
        Evidence.of("seeds that solve XOR with at most two restarts", solved, atLeast(18));
    }

    @Acceptance(topic = "neural-network", clause = 3)
    @Test void thirtyTwoUnitsFitASine() {
        var x = Tensor.linspace(-Math.PI, Math.PI, 200).to(DType.F32).reshape(200, 1);
        var y = x.sin().compute();
        var rng = Rng.of(3);
        var net = new Sequential(new Linear(1, 32, rng), Activation.TANH, new Linear(32, 1, rng));
        var optimizer = new Optimizer(List.of(new Optimizer.Group(new Adam(0.01), net.parameters())));
        for (int step = 0; step < 800; step++) {
            optimizer.zeroGrad();
            Loss.mse(net.forward(x), y).backward();
            optimizer.step();
        }
        var between = Tensor.linspace(-Math.PI, Math.PI, 999).to(DType.F32).reshape(999, 1);
        double sum = 0;
        double[] at = between.toDoubleArray(), out = net.forward(between).toDoubleArray();
        for (int i = 0; i < at.length; i++) sum += (out[i] - Math.sin(at[i])) * (out[i] - Math.sin(at[i])) / at.length;
        Evidence.of("mean squared error on [-pi, pi]", sum, below(1e-3));
    }

    @Acceptance(topic = "neural-network", clause = 4)
    @Test void theSameCodeAtOtherWeightsChangesNothing() {
        int compared = 0, changed = 0;
        double least = Double.POSITIVE_INFINITY;
        for (var c : golden().cases("network")) {
            var net = network(c);
            var x = Tensor.randn(Rng.of(7), DType.F32, 4, c.integer("input.inputs")).compute();
            var before = bits(net);
            double[] y = net.forward(x).toDoubleArray();
            var others = new LinkedHashMap<String, Tensor>();
            net.parameters().forEach(
                    (name, p) -> others.put(name, Tensor.randn(Rng.of(8), DType.F32, p.shape().toArray()).compute().requiresGrad()));
            // Running statistics that are not given belong to both; given ones are written in their place.
            net.state().forEach((name, t) -> { if (!others.containsKey(name)) others.put(name, t.copy().compute()); });
            var moved = Module.with(net, others);
            var other = moved.forward(x, Pass.training(Rng.of(9)));
            other.sum().backward();
            double[] apart = other.toDoubleArray();
            double most = 0;
            for (int i = 0; i < y.length; i++) most = Math.max(most, Math.abs(apart[i] - y[i]));
            least = Math.min(least, most);
            for (var p : net.parameters().entrySet()) if (p.getValue().grad() != null) changed++;
            var after = bits(net);
            for (var name : before.keySet()) {
                compared++;
                if (!Arrays.equals(before.get(name), after.get(name))) changed++;
            }
        }
        Evidence.of("tensors compared", compared, atLeast(200));
        Evidence.of("tensors of the module that changed or got a gradient", changed, exactly(0));
        Evidence.of("least change of the output by the altered weights", least, atLeast(1e-6));
    }

    private static Map<String, double[]> bits(Module net) {
        var bits = new LinkedHashMap<String, double[]>();
        net.state().forEach((name, tensor) -> bits.put(name, tensor.toDoubleArray()));
        return bits;
    }

    @Acceptance(topic = "neural-network", clause = 5)
    @Test void frozenParametersStayAsTheyAre() {
        var x = Tensor.randn(Rng.of(10), DType.F32, 60, 4).compute();
        var data = Dataset.of(x, x.sum(1, true).sin().compute());
        int frozenBits = 0, moved = 0, trained = 0;
        for (var rule : List.of(new Adam(0.01), new AdamW(0.01), new Sgd(0.05).withMomentum(0.9).withWeightDecay(0.1))) {
            var rng = Rng.of(11);
            var net = new Sequential(new Linear(4, 8, rng), Activation.TANH, new LayerNorm(8), new Linear(8, 8, rng), Activation.RELU,
                    new Linear(8, 1, rng));
            net.freeze("0.*");
            net.freeze("2.weight");
            var before = bits(net);
            new Trainer(rule, 5).withBatchSize(10).fit(net, Loss::mse, data, Rng.of(12));
            var after = bits(net);
            for (var name : before.keySet()) {
                boolean same = Arrays.equals(before.get(name), after.get(name));
                if (name.startsWith("0.") || name.equals("2.weight")) {
                    frozenBits += before.get(name).length;
                    if (!same) moved++;
                } else if (!same) {
                    trained++;
                }
            }
        }
        Evidence.of("frozen numbers compared", frozenBits, exactly(3 * (4 * 8 + 8 + 8)));
        Evidence.of("frozen tensors that moved", moved, exactly(0));
        Evidence.of("other tensors that were trained", trained, exactly(3 * 5));
    }
}
