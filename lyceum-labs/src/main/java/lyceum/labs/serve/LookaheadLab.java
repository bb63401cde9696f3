package lyceum.labs.serve;

import static lyceum.labs.Bounds.atMost;
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
import lyceum.plot.Figure;
import lyceum.progress.Progress;
import lyceum.serve.speculate.JacobiDecoding;
import lyceum.serve.speculate.LookaheadSource;
import lyceum.serve.speculate.TreeDecoder;
import lyceum.serve.speculate.TreeDecoding;
import lyceum.serve.speculate.TreeSource;
import lyceum.serve.speculate.TokenTree;
import lyceum.tensor.Tensor;

/** A small model of letters guesses its own future: the equations of Jacobi, the window, and the passes that it saves. */
@Lab(topics = "lookahead-decoding", title = "Guessing oneself")
final class LookaheadLab implements LabBody {
    @Override public void run(LabContext lab) {
        int window = lab.param("window", 6, 1, 12), run = lab.param("length of runs", 4, 2, 6), branches = lab.param("branches", 6, 0, 12);
        int steps = lab.param("training steps", 160, 20, 1000), letters = 28;
        var trained = LetterDecoder.trained(lab, 32, steps);
        var model = trained.model();
        int[] prompt = Arrays.copyOf(trained.held(), 16);

        var jacobi = JacobiDecoding.run(model, prompt, new int[12]);
        var rows = new ArrayList<List<?>>();
        for (int pass = 0; pass < jacobi.guesses().size(); pass++) rows.add(List.of(pass, spelled(jacobi.guesses().get(pass))));
        lab.table("Jacobi's iteration on twelve unknown letters", List.of("pass", "guess"), rows);

        var request = List.of(new GenerationRequest(prompt, SamplingOptions.greedy(), new StopCriteria(letters), lab.rng(3)));
        var passes = new ArrayList<List<?>>();
        var text = new TreeDecoder(model, watched(new LookaheadSource(window, run, branches), window, run, passes)).run(request,
                Progress.SILENT);
        lab.table("Pass by pass", List.of("ids read", "row of the window that is newest", "runs checked", "letters written"), passes);

        int most = 8;
        var share = new double[most];
        for (int w : lab.progress("windows", most)) {
            var s = new TreeDecoder(model, new LookaheadSource(w + 1, run, branches)).run(request, Progress.SILENT).statistics();
            share[w] = (double) s.passes() / s.tokens();
        }
        lab.figure(Figure.line("Passes a letter by the size of the window", 1, share).axes("window W", "passes a letter").describedAs(
                "Passes of the model for a letter against the window's size: 1 is plain decoding, and wider windows find more of the text ahead of time."));
        int[] greedy = new CausalGenerator(model).withSampling(SamplingOptions.greedy()).withStop(new StopCriteria(letters))
                .generate(prompt, lab.rng(3)).ids();
        lab.say("Written: %s", spelled(text.texts().getFirst().ids()));
        lab.shows("letters that are not greedy's", Arrays.equals(greedy, text.texts().getFirst().ids()) ? 0 : 1, exactly(0));
        lab.shows("passes of Jacobi's iteration for twelve letters", jacobi.passes(), atMost(12));
        lab.shows("fewest passes a letter", Arrays.stream(share).min().orElseThrow(), atMost(1));
    }

    private static TreeSource watched(TreeSource source, int window, int run, List<List<?>> passes) {
        return target -> {
            var session = source.start(target);
            return new TreeSource.Session() {
                @Override public TokenTree propose(int last, int levels) { return session.propose(last, levels); }

                @Override public void advance(int[] read, Tensor hidden, int next, TokenTree tree, TreeDecoding.Output output) {
                    session.advance(read, hidden, next, tree, output);
                    if (tree == null) return;
                    int n = tree.size(), first = Math.max(1, n - window);
                    passes.add(List.of(n, spelled(Arrays.copyOfRange(tree.ids(), first, n)),
                            Math.max(0, (n - (run - 1) * window) / (run - 1)), spelled(read).substring(1) + spelled(next)));
                }
            };
        };
    }

    private static String spelled(int... ids) {
        var text = new StringBuilder();
        for (int id : ids) text.append(id < 33 ? '\u00b7' : (char) id);
        return text.toString();
    }
}
