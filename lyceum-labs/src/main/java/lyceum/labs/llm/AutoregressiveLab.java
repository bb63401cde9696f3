package lyceum.labs.llm;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.generate.CausalGenerator;
import lyceum.llm.generate.LogitRow;
import lyceum.llm.generate.StopCriteria;
import lyceum.plot.Edge;
import lyceum.plot.Figure;
import lyceum.plot.Node;

/** The tree of what may come next, and one path through it that chance takes. */
@Lab(topics = "autoregressive-language-model", title = "One word, then the next")
final class AutoregressiveLab implements LabBody {
    @Override public void run(LabContext lab) {
        int branches = lab.param("branches shown", 3, 2, 5), texts = lab.param("texts", 8, 2, 50);
        var beginning = lab.choice("beginning", "and god said", "and god said", "in the beginning", "and it came to pass");
        var bible = BibleWords.of(3000);
        var generator = new CausalGenerator(bible.model()).withStop(new StopCriteria(12));
        int[] prompt = bible.prompt(beginning);
        var drawn = generator.generate(List.of(prompt), texts, lab.rng(1), lab.progress());

        int[] path = Arrays.copyOf(drawn.getFirst().ids(), Math.min(3, drawn.getFirst().ids().length));
        var nodes = new ArrayList<Node>(List.of(new Node("", beginning, "drawn")));
        var edges = new ArrayList<Edge>();
        grow(bible, prompt, "", path, 0, branches, nodes, edges);
        lab.figure(Figure.tree("What may follow, and what was drawn", nodes, edges).describedAs(
                "A tree of three steps: each edge is the probability of a word given all before it, one path is that of the first text drawn."));

        var rows = new ArrayList<List<?>>();
        double worst = 0;
        int different = 0;
        for (int i = 0; i < texts; i++) {
            var text = drawn.get(i);
            double[] forced = generator.scores(prompt, text.ids());
            for (int t = 0; t < forced.length; t++) worst = Math.max(worst, Math.abs(forced[t] - text.logProbabilities()[t]));
            if (!Arrays.equals(text.ids(), generator.generate(prompt, lab.rng(1).split(i)).ids())) different++;
            rows.add(List.of(bible.text(text.ids()), text.logProbability(),
                    text.ending().toString().toLowerCase(Locale.ROOT).replace('_', ' ')));
        }
        lab.table("Texts of one batch", List.of("behind \"" + beginning + "\"", "log-probability (nats)", "ended by"), rows);
        lab.say("Scoring is exact: each text's log-probability, added up while it was drawn, is what one pass over the finished text gives.");
        lab.shows("reported less teacher-forced log-probabilities, nats", worst, atMost(1e-5));
        lab.shows("texts that differ when drawn alone", different, exactly(0));
    }

    private static void grow(BibleWords bible, int[] read, String at, int[] path, int depth, int branches, List<Node> nodes,
            List<Edge> edges) {
        if (depth == path.length) return;
        double[] logs = bible.next(read);
        var row = new LogitRow(logs.length).load(logs);
        row.keepLargest(branches);
        var shown = new ArrayList<Integer>();
        for (int i = 0; i < row.count(); i++) shown.add(row.id(i));
        if (!shown.contains(path[depth])) shown.add(path[depth]);
        for (int id : shown) {
            var name = at + "/" + id;
            nodes.add(new Node(name, bible.word(id), id == path[depth] ? "drawn" : "not drawn"));
            edges.add(new Edge(at, name, String.format(Locale.ROOT, "%.3f", Math.exp(logs[id]))));
        }
        int[] longer = Arrays.copyOf(read, read.length + 1);
        longer[read.length] = path[depth];
        grow(bible, longer, at + "/" + path[depth], path, depth + 1, branches, nodes, edges);
    }
}
