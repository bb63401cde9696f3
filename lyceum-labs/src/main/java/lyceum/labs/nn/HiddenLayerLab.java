package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.Activation;
import lyceum.nn.Init;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;
import lyceum.train.HiddenStates;
import lyceum.train.HiddenUnits;

/** Two rings, bent layer by layer until a straight line divides them; and how alike two trainings' layers are. */
@Lab(topics = "hidden-layer", title = "Bent until a line divides it")
final class HiddenLayerLab implements LabBody {
    @Override public void run(LabContext lab) {
        int width = lab.param("width", 16, 3, 40), steps = lab.param("steps", 200, 0, 2000);
        double noise = lab.param("noise", 0.05, 0.0, 0.3);
        var rings = Datasets.circles(lab.rng(1), 200, 0.5, noise);
        Mlp network = begun(lab, width, 2), other = begun(lab, width, 3);
        var before = HiddenStates.of(network, rings.x());
        learn(network, rings.x(), rings.y(), steps);
        learn(other, rings.x(), rings.y(), steps);
        HiddenStates states = HiddenStates.of(network, rings.x()), others = HiddenStates.of(other, rings.x());

        int[] classes = rings.y().toIntArray();
        lab.figure(Figure
                .row("What each layer sees", Figure.plot("Inputs").points(rings.x(), classes, "inner", "outer").axes("x1", "x2"),
                        Figure.plot("Last hidden layer, untrained").points(before.at("activation 1"), classes, "inner", "outer")
                                .axes("unit 1", "unit 2"),
                        Figure.plot("Last hidden layer, trained").points(states.at("activation 1"), classes, "inner", "outer")
                                .axes("unit 1", "unit 2"))
                .describedAs(
                        "Two rings that no line divides; two units of an untrained network, which only squeeze them; the same units after training, where a line does."));
        var rows = new ArrayList<List<?>>();
        for (var name : List.of("activation 0", "activation 1")) {
            var s = states.summary(name, rings.y());
            rows.add(List.of(name, s.units(), s.effectiveRank(), s.separation(), before.probe(name, rings.y()), s.probe(),
                    HiddenStates.cka(states.at(name), others.at(name))));
        }
        lab.table("The layers in figures", List.of("layer", "units", "effective rank", "between / within", "probe, untrained",
                "probe, trained", "CKA with another training"), rows);

        var order = HiddenUnits.random(network, lab.rng(4));
        double gap = order.apply(network).forward(rings.x()).sub(network.forward(rings.x())).abs().max().item();
        double strangers = HiddenStates.cka(Tensor.randn(lab.rng(5), DType.F64, 60, 32), Tensor.randn(lab.rng(6), DType.F64, 60, 32));
        lab.say("Renumbered units change the outputs by %.1e. Two layers of pure noise, 60 rows of 32 units, have a CKA of %.2f: few rows flatter.",
                gap, strangers);
        lab.shows("outputs of the renumbered network", gap, below(1e-6));
        if (steps >= 200 && noise <= 0.1)
            lab.shows("rows that a line tells in the last layer", states.probe("activation 1", rings.y()), above(0.95));
    }

    private static Mlp begun(LabContext lab, int width, int seed) {
        var config = MlpConfig.regressor(2, 1, width, 2).withActivation(Activation.TANH).withDtype(DType.F64);
        return Init.glorotUniform().fill(new Mlp(config, lab.rng(seed)), lab.rng(seed));
    }

    private static void learn(Mlp network, Tensor x, Tensor y, int steps) {
        var target = y.to(DType.F64).unsqueeze(1).compute();
        var optimizer = new Adam(0.03).over(network.parameters());
        for (int i = 0; i < steps; i++) {
            optimizer.zeroGrad();
            Loss.bce(network.forward(x), target).backward();
            optimizer.step();
        }
    }
}
