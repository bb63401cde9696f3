package lyceum.labs.text;

import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.data.corpus.Corpora;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.text.BpeTrainer;
import lyceum.text.PreTokenizer;
import lyceum.text.VocabularySizing;

/** Four words and their first merges, step by step; then a sentence as more and more merges are known. */
@Lab(topics = "bpe", title = "Fuse the commonest pair")
final class BpeLab implements LabBody {
    @Override public void run(LabContext lab) {
        int steps = lab.param("merges of the four words", 8, 1, 20), chapters = lab.param("chapters to learn from", 250, 20, 1189);
        int most = lab.param("most merges", 5000, 100, 8000);
        Map<List<String>, Long> words = new LinkedHashMap<>();
        words.put(List.of("l", "o", "w", "</w>"), 5L);
        words.put(List.of("l", "o", "w", "e", "r", "</w>"), 2L);
        words.put(List.of("n", "e", "w", "e", "s", "t", "</w>"), 6L);
        words.put(List.of("w", "i", "d", "e", "s", "t", "</w>"), 3L);
        var merges = BpeTrainer.learn(words, steps);
        var rows = new ArrayList<List<Object>>();
        for (int k = 0; k <= merges.size(); k++) {
            var row = new ArrayList<Object>(List.of(k == 0 ? "" : merges.get(k - 1).toString()));
            for (var word : words.keySet()) {
                var spelled = " " + String.join(" ", word) + " ";
                for (var merge : merges.subList(0, k))
                    spelled = spelled.replace(" " + merge + " ", " " + merge.left() + merge.right() + " ");
                row.add(spelled.strip());
            }
            rows.add(row);
        }
        lab.table("low 5, lower 2, newest 6, widest 3", List.of("merge", "low", "lower", "newest", "widest"), rows);
        lab.check(1, "the first merges are e s, es t, est </w>, l o, lo w",
                merges.toString().startsWith("[e s, es t, est </w>, l o, lo w"));

        var texts = Corpora.kingJames().limit(chapters).toList().stream().map(d -> d.text()).toList();
        var tokenizer = BpeTrainer.byteLevel(256 + most, PreTokenizer.GPT4).train(texts, lab.progress());
        var sentence = "In the beginning God created the heaven and the earth.";
        var cuts = new ArrayList<List<Object>>();
        var counts = new ArrayList<Double>();
        var at = new ArrayList<Double>();
        for (int n : new int[] {0, 100, 1000, 5000}) {
            int size = Math.min(256 + n, tokenizer.vocabulary().size());
            var tokens = VocabularySizing.cut(tokenizer, size).encode(sentence).tokens();
            cuts.add(List.of(size - 256, tokens.size(), String.join(" · ", tokens).replace('Ġ', '_')));
            at.add((double) size - 256);
            counts.add((double) tokens.size());
        }
        lab.table("A sentence", List.of("merges", "tokens", "pieces (_ is a space)"), cuts);
        lab.figure(Figure
                .line("Tokens of the sentence", at.stream().mapToDouble(d -> d).toArray(), counts.stream().mapToDouble(d -> d).toArray())
                .axes("merges", "tokens")
                .describedAs("The first hundred merges do most of the work; after thousands nearly every word is one token."));
        lab.say("Without merges the sentence is %d bytes; with %d it is %.0f tokens.", sentence.length(),
                tokenizer.vocabulary().size() - 256, counts.getLast());
        lab.shows("decoding gives the sentence back", tokenizer.decode(tokenizer.ids(sentence)).equals(sentence));
        lab.shows("tokens with all merges over bytes", counts.getLast() / sentence.length(), below(0.35));
    }
}
