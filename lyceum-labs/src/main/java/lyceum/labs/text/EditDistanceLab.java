package lyceum.labs.text;

import static lyceum.labs.Bounds.exactly;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import lyceum.data.corpus.Corpora;
import lyceum.data.corpus.Words;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.text.compare.EditAlignment;
import lyceum.text.compare.EditDistance;
import lyceum.text.compare.ErrorRate;
import lyceum.text.compare.SpellingCorrector;

/** The grid of an alignment, kinds of distance beside each other, and a speller that knows the King James Bible's words. */
@Lab(topics = "edit-distance", title = "From one word to another")
final class EditDistanceLab implements LabBody {
    @Override public void run(LabContext lab) {
        var pair = lab.choice("words", "kitten sitting", "kitten sitting", "intention execution", "flaw lawn", "teh the", "CA ABC")
                .split(" ");
        double substitution = lab.param("substitution", 1.0, 0.5, 2);
        var misspelt = lab.choice("misspelt", "rightousness", "rightousness", "begining", "recieved", "jerusalm", "thier", "wildernes");
        String a = pair[0], b = pair[1];
        var kind = EditDistance.LEVENSHTEIN.withSubstitution(substitution);
        var way = kind.align(a, b);
        double[] x = new double[way.edits().size()], y = x.clone();
        for (int k = 0; k < x.length; k++) {
            var edit = way.edits().get(k);
            boolean insert = edit.kind() == EditAlignment.Kind.INSERT, delete = edit.kind() == EditAlignment.Kind.DELETE;
            x[k] = edit.inB() + (delete ? 0 : 1);
            y[k] = edit.inA() + (insert ? 0 : 1);
        }
        lab.figure(
                Figure.heatmap("Cost of turning the beginnings of " + a + " into those of " + b, kind.table(a, b), letters(a), letters(b))
                        .cellLabels().points("way", x, y).crosses().axes("letters of " + b, "letters of " + a).describedAs(
                                "Each cell is the least cost for two beginnings; the marked cells are a cheapest way to the last corner."));
        lab.table("The way, edit by edit", List.of("edit", "from", "to"),
                way.edits().stream()
                        .map(e -> List.of(e.kind().name().toLowerCase(Locale.ROOT),
                                e.kind() == EditAlignment.Kind.INSERT ? "" : String.valueOf(a.charAt(e.inA())),
                                e.kind() == EditAlignment.Kind.DELETE ? "" : String.valueOf(b.charAt(e.inB()))))
                        .toList());
        lab.table("Distances of " + a + " and " + b, List.of("kind", "distance"),
                List.of(List.of("Levenshtein", EditDistance.LEVENSHTEIN.of(a, b)),
                        List.of("restricted swaps", EditDistance.RESTRICTED.of(a, b)), List.of("Damerau", EditDistance.DAMERAU.of(a, b)),
                        List.of("Jaro-Winkler similarity", EditDistance.jaroWinkler(a, b))));
        lab.shows("bit-parallel less table", EditDistance.levenshtein(a, b) - EditDistance.LEVENSHTEIN.of(a, b), exactly(0));

        var speller = new SpellingCorrector(counts());
        lab.table("What " + misspelt + " may have meant", List.of("word", "edits", "log count less edits"),
                speller.suggest(misspelt).stream().limit(6).map(s -> List.of(s.word(), s.edits(), s.score())).toList());
        var rate = ErrorRate.words("yes", "yeah it is");
        lab.say("Heard \"yeah it is\" for \"yes\": %d substitution and %d insertions over one word, a word error rate of %.0f%%.",
                rate.substitutions(), rate.insertions(), 100 * rate.rate());
    }

    private static Map<String, Integer> counts() {
        var counts = new HashMap<String, Integer>();
        Corpora.kingJames().stream().forEach(document -> {
            var words = Words.of(document.text().toLowerCase(Locale.ROOT));
            for (int i = 0; i < words.count(); i++) counts.merge(words.word(i), 1, Integer::sum);
        });
        return counts;
    }

    private static String[] letters(String text) {
        var names = new String[text.length() + 1];
        names[0] = "none";
        for (int i = 1; i < names.length; i++) names[i] = i + " " + text.charAt(i - 1);
        return names;
    }
}
