package lyceum.labs.nn;

import static lyceum.labs.Bounds.atMost;

import java.util.ArrayList;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.memory.Scope;
import lyceum.nn.Activation;
import lyceum.nn.Embedding;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.loss.CausalLabels;
import lyceum.nn.loss.CausalLmLoss;
import lyceum.nn.loss.CrossEntropy;
import lyceum.nn.loss.Reduction;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** A language in which a letter depends on the two before it; a small model guesses the next letter until it has only the language's own surprise left. */
@Lab(topics = "next-token-prediction", title = "Guess the next letter")
final class NextTokenLab implements LabBody {
    private static final String LETTERS = "abcde";
    private static final int K = LETTERS.length();

    @Override public void run(LabContext lab) {
        int steps = lab.param("steps", 200, 20, 2000), width = lab.param("hidden width", 48, 4, 256);
        double sharpness = lab.param("sharpness", 1.5, 0.0, 4.0);
        double[][] next = Tensor.randn(lab.rng(1), DType.F64, K * K, K).mul(sharpness).softmax(1).toRows();
        double rate = rate(next);
        var text = speak(next, 50_000, lab.rng(2));
        var rng = lab.rng(3);
        var embedding = new Embedding(K, 8, rng);
        Layer network = new Linear(16, width, rng).then(Activation.TANH).then(new Linear(width, K, rng));
        var model = embedding.then(Layer.of(NextTokenLab::withPrevious)).then(network);
        var optimizer = new Adam(1e-2).over(model.parameters());
        var loss = new CausalLmLoss();
        var losses = new double[steps];
        for (int step : lab.progress("steps", steps)) {
            try (var scope = Scope.open()) {
                var pieces = new Tensor[16];
                for (int i = 0; i < 16; i++) pieces[i] = text.narrow(0, rng.nextInt(49_000), 65);
                var ids = Tensor.stack(0, pieces);
                optimizer.zeroGrad();
                var tokens = loss.tokens(model.forward(ids), CausalLabels.of(ids));
                tokens.mean().backward();
                losses[step] = tokens.mean().item();
                optimizer.step();
            }
        }
        lab.figure(Figure.line("The loss falls to the entropy rate", losses).horizontalLine(rate, "entropy rate")
                .horizontalLine(Math.log(K), "log " + K).axes("step", "loss (nats a letter)").describedAs(
                        "The training loss starts at the log of the number of letters and falls to the language's entropy rate, where it stays."));

        var fresh = speak(next, 20_000, lab.rng(4)).reshape(1, -1);
        double reached = loss.of(model.forward(fresh), fresh).item();
        strip(lab, model, fresh.narrow(1, 0, 60));
        lab.say("On fresh text the model needs %.4f nats a letter; the language itself has %.4f.", reached, rate);
        lab.shows("loss on fresh text less the entropy rate", reached - rate, atMost(0.05));
    }

    /** Each letter beside how surprising it was. */
    private static void strip(LabContext lab, Layer model, Tensor ids) {
        int n = (int) ids.size(1) - 1;
        var logits = model.forward(ids).get(0).narrow(0, 0, n);
        double[] surprise = new CrossEntropy().withReduction(Reduction.NONE).of(logits, ids.get(0).narrow(0, 1, n)).toDoubleArray();
        var letters = new ArrayList<String>();
        for (int i = 0; i < n; i++) letters.add((i + 1) + " " + LETTERS.charAt((int) ids.itemLong(0, i + 1)));
        lab.figure(
                Figure.heatmap("Surprisal of each letter", new double[][] {surprise}, new String[] {"text"}, letters.toArray(String[]::new))
                        .axes("letter", "row").measuring("nats")
                        .describedAs("A strip of sixty letters: dark ones are those that the two before them made unlikely."));
    }

    /** The embedding of each letter beside that of the one before it. */
    private static Tensor withPrevious(Tensor e) { return Tensor.concat(2, e, e.pad(1, 1, 0, 0).narrow(1, 0, e.size(1))); }

    private static Tensor speak(double[][] next, int length, Rng rng) {
        var text = new long[length];
        for (int i = 2; i < length; i++) {
            double u = rng.nextDouble();
            double[] p = next[(int) (text[i - 2] * K + text[i - 1])];
            while (text[i] < K - 1 && (u -= p[(int) text[i]]) > 0) text[i]++;
        }
        return Tensor.of(text);
    }

    private static double rate(double[][] next) {
        var law = Tensor.full(DType.F64, 1.0 / (K * K), K, K);
        var table = Tensor.of(next).reshape(K, K, K);
        for (int i = 0; i < 500; i++) law = Tensor.einsum("ab,abc->bc", law, table);
        return -law.unsqueeze(2).mul(table).mul(table.log()).sum().item();
    }
}
