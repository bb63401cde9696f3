package lyceum.labs.serve;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.labs.llm.LetterDecoder;
import lyceum.llm.generate.CausalGenerator;
import lyceum.llm.generate.GenerationRequest;
import lyceum.llm.generate.SamplingOptions;
import lyceum.llm.generate.StopCriteria;
import lyceum.plot.Edge;
import lyceum.plot.Figure;
import lyceum.plot.Node;
import lyceum.progress.Progress;
import lyceum.serve.speculate.EagleDraft;
import lyceum.serve.speculate.MedusaHeads;
import lyceum.serve.speculate.TokenTree;
import lyceum.serve.speculate.TreeDecoder;
import lyceum.serve.speculate.TreeDecoding;
import lyceum.serve.speculate.TreePlan;
import lyceum.serve.speculate.TreeSource;
import lyceum.tensor.Tensor;

/** Heads and a feature draft on a frozen model of letters: their trees of guesses, the path that the model takes, and tokens a pass. */
@Lab(topics = "medusa-eagle", title = "A tree of guesses, one path lit")
final class MedusaLab implements LabBody {
    @Override public void run(LabContext lab) {
        int width = lab.param("children of a node", 2, 1, 4), levels = lab.param("levels", 3, 1, 4),
                steps = lab.param("training steps", 160, 20, 1000), letters = 30;
        var trained = LetterDecoder.trained(lab, 32, steps);
        var model = trained.model();
        var widths = new Integer[levels];
        Arrays.fill(widths, width);
        var plan = TreePlan.of(widths);
        int[] prompt = Arrays.copyOf(trained.held(), 16);
        var request = List.of(new GenerationRequest(prompt, SamplingOptions.greedy(), new StopCriteria(letters), lab.rng(3)));
        int[] greedy = new CausalGenerator(model).withSampling(SamplingOptions.greedy()).withStop(new StopCriteria(letters))
                .generate(prompt, lab.rng(3)).ids();

        var medusa = new MedusaHeads(model, levels, plan);
        var eagle = new EagleDraft(model, plan, lab.rng(4));
        var draws = lab.rng(5);
        LetterDecoder.train(lab, "Medusa", medusa, steps / 4, () -> medusa.loss(model, LetterDecoder.batch(trained.text(), 8, draws)));
        LetterDecoder.train(lab, "EAGLE", eagle, steps / 4, () -> eagle.loss(model, LetterDecoder.batch(trained.text(), 8, draws)));
        var rows = new ArrayList<List<?>>();
        var tokens = new double[2];
        int different = 0;
        for (var source : List.of(medusa, eagle)) {
            var name = source == medusa ? "Medusa" : "EAGLE";
            var best = new Figure[1];
            long start = System.nanoTime();
            var round = new TreeDecoder(model, watched((TreeSource) source, name, best)).run(request, Progress.SILENT);
            double seconds = (System.nanoTime() - start) * 1e-9;
            if (best[0] != null) lab.figure(best[0]);
            if (!Arrays.equals(greedy, round.texts().getFirst().ids())) different++;
            tokens[source == medusa ? 0 : 1] = round.statistics().tokensPerPass();
            rows.add(List.of(name, round.statistics().passes(), round.statistics().tokensPerPass(), seconds));
        }
        lab.table("Thirty letters", List.of("guesses by", "passes of the model", "letters a pass", "seconds"), rows);
        lab.shows("texts that are not greedy's", different, exactly(0));
        lab.shows("letters a pass with heads", tokens[0], above(1));
        lab.shows("letters a pass with features", tokens[1], above(1));
    }

    /** Draws the tree of which most was taken. */
    private static TreeSource watched(TreeSource source, String name, Figure[] best) {
        var longest = new int[1];
        return target -> {
            var session = source.start(target);
            return new TreeSource.Session() {
                @Override public TokenTree propose(int last, int levels) { return session.propose(last, levels); }

                @Override public void advance(int[] read, Tensor hidden, int next, TokenTree tree, TreeDecoding.Output output) {
                    session.advance(read, hidden, next, tree, output);
                    if (tree == null || read.length <= longest[0]) return;
                    longest[0] = read.length;
                    best[0] = tree(name, tree, read);
                }
            };
        };
    }

    private static Figure tree(String name, TokenTree tree, int[] read) {
        var nodes = new ArrayList<Node>();
        var edges = new ArrayList<Edge>();
        for (int i = 0; i < tree.size(); i++) {
            int[] path = tree.ids(tree.path(i));
            boolean lit = path.length <= read.length && Arrays.equals(path, Arrays.copyOf(read, path.length));
            nodes.add(new Node("" + i, tree.ids()[i] < 33 ? "\u00b7" : "" + (char) tree.ids()[i], lit ? "accepted" : "guessed"));
            if (i > 0) edges.add(new Edge("" + tree.parents()[i], "" + i, ""));
        }
        return Figure.tree("Guesses of " + name + ", one pass", nodes, edges).describedAs(
                "A tree of guessed letters behind the last letter of the text; the path that the model itself takes is one group, the other guesses another.");
    }
}
