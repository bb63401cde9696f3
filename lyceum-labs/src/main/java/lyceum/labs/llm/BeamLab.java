package lyceum.labs.llm;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atMost;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.generate.CausalBeams;
import lyceum.llm.generate.CausalGenerator;
import lyceum.llm.generate.SamplingOptions;
import lyceum.llm.generate.StopCriteria;
import lyceum.nn.BeamSearch;
import lyceum.plot.Edge;
import lyceum.plot.Figure;
import lyceum.plot.Node;

/** The tree in which the broader first step leads astray, beams that keep more than one step alive, and what both do to real text. */
@Lab(topics = {"greedy-decoding", "beam-search"}, title = "The first step is not the way")
final class BeamLab implements LabBody {
    @Override public void run(LabContext lab) {
        int width = lab.param("beams", 2, 1, 4), words = lab.param("words", 30, 5, 60);
        double alpha = lab.param("length penalty", 0.0, 0.0, 2.0);
        var bible = BibleWords.of(3000);
        int[] prompt = bible.prompt("and he said");

        // the beams after each step, as searches of one, two and three words
        var nodes = new ArrayList<Node>(List.of(new Node("", "and he said", "kept")));
        var edges = new ArrayList<Edge>();
        var kept = new HashSet<List<Integer>>();
        kept.add(List.of());
        List<BeamSearch.Found> last = List.of();
        for (int depth = 1; depth <= 3; depth++) {
            var seen = new BeamSearch(3 * width, 0, depth).search(new CausalBeams(bible.model(), prompt), bible.model().endMark())
                    .getFirst();
            last = new BeamSearch(width, 0, depth).search(new CausalBeams(bible.model(), prompt), bible.model().endMark()).getFirst();
            var now = new HashSet<List<Integer>>();
            for (var beam : last) now.add(beam.tokens());
            for (var each : seen) {
                if (each.tokens().size() != depth || !kept.contains(each.tokens().subList(0, depth - 1))) continue;
                var name = each.tokens().toString();
                nodes.add(new Node(name, bible.word(each.tokens().getLast()), now.contains(each.tokens()) ? "kept" : "pruned"));
                edges.add(new Edge(depth == 1 ? "" : each.tokens().subList(0, depth - 1).toString(), name,
                        String.format(Locale.ROOT, "%.4f", Math.exp(each.logProbability()))));
            }
            kept.clear();
            kept.addAll(now);
        }
        lab.figure(Figure.tree("Three steps of the beam", nodes, edges).describedAs(
                "A tree of beginnings with their probabilities; at each step a few are kept and go on, the others are pruned."));

        var rows = new ArrayList<List<?>>();
        var best = new double[6];
        double worst = 0;
        var generator = new CausalGenerator(bible.model());
        for (int beams = 1; beams <= 6; beams++) {
            var found = new BeamSearch(beams, alpha, 12).search(new CausalBeams(bible.model(), prompt), bible.model().endMark()).getFirst()
                    .getFirst();
            best[beams - 1] = found.score();
            int[] ids = found.tokens().stream().mapToInt(Integer::intValue).toArray();
            worst = Math.max(worst, Math.abs(found.logProbability() - Arrays.stream(generator.scores(prompt, ids)).sum()));
            rows.add(List.of(beams, bible.text(found.tokens()), found.logProbability(), found.score()));
        }
        lab.table("The best of each width", List.of("beams", "text", "log-probability (nats)", "score"), rows);
        lab.figure(Figure.line("The best score by width", 1, best).axes("beams", "score (nats)")
                .describedAs("More beams usually find a likelier text, and at times lose one that fewer beams had found."));

        var stop = new StopCriteria(words).withLeast(words);
        var greedy = generator.withSampling(SamplingOptions.greedy()).withStop(stop).generate(prompt, lab.rng(1));
        var drawn = generator.withSampling(SamplingOptions.topP(0.9)).withStop(stop).generate(prompt, lab.rng(1));
        lab.say("Greedy decoding goes in circles: %s", bible.text(greedy.ids()));
        lab.say("Top-p does not: %s", bible.text(drawn.ids()));
        lab.shows("greedy-decoding", "different words of a drawn text over those of a greedy one",
                (double) Arrays.stream(drawn.ids()).distinct().count() / Arrays.stream(greedy.ids()).distinct().count(), above(1));
        lab.shows("beam-search", "reported log-probabilities less those of the whole texts, nats", worst, atMost(1e-5));
        lab.shows("beam-search", "log-probability of six beams' text less greedy's, nats",
                (double) rows.get(5).get(2) - (double) rows.get(0).get(2), above(-1e-9));
    }
}
