package lyceum.labs.models;

import static lyceum.labs.Bounds.atLeast;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.memory.Scope;
import lyceum.models.sequence.AdditionLanguage;
import lyceum.models.sequence.NeuralProgramInterpreter;
import lyceum.models.sequence.ProgramLanguage;
import lyceum.nn.Pass;
import lyceum.optim.Adam;
import lyceum.optim.Clip;
import lyceum.plot.Figure;
import lyceum.random.Rng;

/** A network learns to run the addition that one does on paper, from traces of short sums, and is asked for a long one. */
@Lab(topics = "neural-program-interpreter", title = "Carry the one")
final class ProgramLab implements LabBody {

    @Override public void run(LabContext lab) {
        int updates = lab.param("updates", 240, 20, 2000), digits = lab.param("digits of the long sum", 12, 2, 60);
        boolean recursive = lab.flag("recursive", true), all = lab.flag("all ten digits", false);
        // Three digits make a table that is learned in a second; carries come as well.
        var alphabet = all ? "1234567890" : "590";
        var language = new AdditionLanguage(recursive);
        var network = new NeuralProgramInterpreter(language, 32, lab.rng(1));
        var optimizer = new Adam(0.02).over(network.parameters()).clippedBy(Clip.norm(1));
        var rng = lab.rng(2);
        var losses = new double[updates];
        for (int i : lab.progress("updates", updates)) {
            try (var scope = Scope.open("update")) {
                var frames = new ArrayList<ProgramLanguage.Frame>();
                for (int k = 0; k < 10; k++) {
                    var pad = AdditionLanguage.world(number(rng, 1 + rng.nextInt(4), alphabet), number(rng, 1 + rng.nextInt(4), alphabet));
                    frames.addAll(language.trace(pad, AdditionLanguage.ADD).frames());
                }
                optimizer.zeroGrad();
                var loss = network.loss(frames, Pass.inference());
                loss.backward();
                optimizer.step();
                losses[i] = loss.item();
            }
        }
        lab.figure(Figure.line("Loss of a step", 1, losses).logY().axes("update", "nats")
                .describedAs("Whether to end, which program to call, and with what arguments."));
        var shown = AdditionLanguage.world(59, 95);
        var trace = network.run(List.of(shown), AdditionLanguage.ADD, 200).getFirst();
        lab.say("59 + 95, as the network runs it:\n%s\nOn the pad stands %s.", trace.text(language), shown.sum());
        BigInteger a = number(rng, digits, alphabet), b = number(rng, digits, alphabet);
        var pad = AdditionLanguage.world(a, b);
        var run = network.run(List.of(pad), AdditionLanguage.ADD, 100 * digits).getFirst();
        lab.say("%s + %s: the pad says %s, which is %s; %d calls, %d deep.", a, b, pad.sum(),
                pad.sum().equals(a.add(b)) ? "right" : "wrong", run.steps().size(), run.depth());
        lab.figure(Figure
                .line("How deep the calls of the long sum are", 0, run.steps().stream().mapToDouble(ProgramLanguage.Step::depth).toArray())
                .step().axes("call", "depth")
                .describedAs("With recursion each column is a call within the one before; in a loop the depth goes up and down."));
        int right = 0;
        for (int i = 0; i < 50; i++) {
            BigInteger c = number(rng, 4, alphabet), d = number(rng, 4, alphabet);
            var world = AdditionLanguage.world(c, d);
            network.run(List.of(world), AdditionLanguage.ADD, 500);
            if (world.sum().equals(c.add(d))) right++;
        }
        lab.shows("sums of four digits right, of 50", right, atLeast(25));
    }

    /** No leading zero, which the alphabet has last. */
    private static BigInteger number(Rng rng, int digits, String alphabet) {
        var text = new StringBuilder().append(alphabet.charAt(rng.nextInt(alphabet.length() - 1)));
        for (int i = 1; i < digits; i++) text.append(alphabet.charAt(rng.nextInt(alphabet.length())));
        return new BigInteger(text.toString());
    }
}
