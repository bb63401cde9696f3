package lyceum.labs.nn;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import lyceum.data.SequenceTasks;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.linalg.Svd;
import lyceum.memory.Scope;
import lyceum.nn.Linear;
import lyceum.nn.RecurrentState;
import lyceum.nn.Rnn;
import lyceum.nn.RnnConfig;
import lyceum.nn.StateAutomaton;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Clip;
import lyceum.plot.Edge;
import lyceum.plot.Figure;
import lyceum.plot.Node;
import lyceum.tensor.Tensor;

/** A network learns parity; its states are counted, and what is left is an automaton. */
@Lab(topics = "hidden-state", title = "A network that turns out to have two states")
final class HiddenStateLab implements LabBody {
    @Override public void run(LabContext lab) {
        int units = lab.param("units", 8, 2, 32), updates = lab.param("updates", 700, 50, 5000),
                levels = lab.param("levels of a unit", 3, 2, 9);
        var rnn = new Rnn(new RnnConfig(1, units), lab.rng(1));
        var head = new Linear(units, 2, lab.rng(2));
        var parameters = new LinkedHashMap<>(rnn.parameters());
        head.parameters().forEach((name, p) -> parameters.put("head." + name, p));
        var optimizer = new Adam(0.01).over(parameters).clippedBy(Clip.norm(1));
        for (int i : lab.progress("updates", updates)) {
            try (var scope = Scope.open("update")) {
                optimizer.zeroGrad();
                var batch = SequenceTasks.parity(lab.rng(100 + i), 32, 4 + Math.min(8, i / 40));
                Loss.crossEntropy(head.forward(rnn.forward(batch.x())).reshape(-1, 2), batch.y().flatten()).backward();
                optimizer.step();
            }
        }
        var found = StateAutomaton.extract(rnn, List.of(Tensor.of(0f), Tensor.of(1f)), h -> (int) head.forward(h).argmax(0).itemLong(),
                levels, 5000);
        var automaton = found.minimised();

        var test = SequenceTasks.parity(lab.rng(3), 20, 12);
        var states = rnn.forward(test.x()).reshape(-1, units).detach();
        var centred = states.sub(states.mean(0));
        var flat = centred.matmul(Svd.of(centred).v().narrow(1, 0, 2));
        var classes = new int[240];
        var bits = test.x().toDoubleArray();
        int right = 0;
        for (int b = 0; b < 20; b++) {
            var string = new int[12];
            for (int t = 0; t < 12; t++) {
                string[t] = (int) bits[b * 12 + t];
                classes[b * 12 + t] = automaton.stateAfter(Arrays.copyOf(string, t + 1));
                if (automaton.label()[classes[b * 12 + t]] == test.y().itemLong(b, t)) right++;
            }
        }
        var names = new String[automaton.size()];
        for (int s = 0; s < names.length; s++) names[s] = "state " + s + ": " + (automaton.label()[s] == 1 ? "odd" : "even");
        lab.figure(Figure.scatter("States of twenty strings, in the plane in which they vary most", flat, classes, names)
                .axes("first component", "second component").describedAs(
                        "Each point is the state after some prefix; the colour is the state of the automaton after the same prefix, and the colours fall into heaps of their own."));
        var nodes = new ArrayList<Node>();
        var edges = new ArrayList<Edge>();
        for (int s = 0; s < automaton.size(); s++) {
            nodes.add(new Node("s" + s, names[s], automaton.label()[s] == 1 ? "odd" : "even"));
            for (int a = 0; a < 2; a++) edges.add(new Edge("s" + s, "s" + automaton.next()[s][a], "" + a));
        }
        lab.figure(Figure.graph("The automaton after minimisation", nodes, edges).axes("", "").describedAs(
                "A zero stays, a one goes to the other state: that the number of ones is even or odd is all that the network keeps."));
        lab.say("%d cells of the grid are visited; %d states are left when those that no string tells apart are merged.", found.size(),
                automaton.size());
        lab.shows("prefixes of which the automaton says the parity", right / 240.0, atLeast(0.95));
        lab.shows("what the state does not carry over a cut", RecurrentState.insufficiency(rnn, test.x(), 5), below(1e-5));
    }
}
