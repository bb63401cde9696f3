package lyceum.labs.text;

import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.data.corpus.Corpora;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.text.BpeTrainer;
import lyceum.text.PreTokenizer;
import lyceum.text.VocabularySizing;

/** Byte pair encoding of the Bible at growing sizes: sequences shorten, tables lengthen, rare words come apart later. */
@Lab(topics = {"vocabulary", "vocabulary-size"}, title = "What a larger vocabulary buys")
final class VocabularyLab implements LabBody {
    @Override public void run(LabContext lab) {
        int largest = lab.param("largest vocabulary", 4000, 512, 16_000), chapters = lab.param("chapters", 150, 50, 1189);
        int width = lab.param("vector width", 256, 16, 4096);
        var texts = Corpora.kingJames().limit(chapters).toList().stream().map(d -> d.text()).toList();
        var greatest = BpeTrainer.byteLevel(largest, PreTokenizer.GPT4).train(texts, lab.progress());
        var sizes = new ArrayList<Integer>();
        for (int size = 256; size < greatest.vocabulary().size(); size *= 2) sizes.add(size);
        sizes.add(greatest.vocabulary().size());
        var sweep = VocabularySizing.sweep(greatest, texts, sizes.stream().mapToInt(Integer::intValue).toArray());
        double[] v = sizes.stream().mapToDouble(Integer::intValue).toArray();
        double[] words = sweep.stream().mapToDouble(VocabularySizing::tokensPerWord).toArray();
        double[] table = sweep.stream().mapToDouble(s -> s.embeddingParameters(width, true)).toArray();
        lab.figure(Figure
                .row("A sequence for a table", Figure.line("Tokens per word", v, words).logX().axes("vocabulary", "tokens per word"),
                        Figure.line("Embedding", v, table).logX().axes("vocabulary", "parameters"))
                .describedAs(
                        "Tokens per word fall with ever less for each doubling of the vocabulary, while the table of vectors doubles."));
        var rows = new ArrayList<List<Object>>();
        for (var s : sweep)
            rows.add(List.of(s.size(), s.tokensPerWord(), s.tokensPerByte(), s.unused(), s.rare(), s.embeddingParameters(width, true)));
        lab.table("Sizes", List.of("vocabulary", "tokens per word", "tokens per byte", "never used", "used under 100 times", "parameters"),
                rows);
        var splits = new ArrayList<List<Object>>();
        for (var word : List.of(" God", " begat", " firmament", " Nebuchadnezzar")) {
            var row = new ArrayList<Object>(List.of(word));
            for (int size : new int[] {256, 512, largest}) {
                var tokenizer = VocabularySizing.cut(greatest, Math.min(size, greatest.vocabulary().size()));
                row.add(String.join(" · ", tokenizer.encode(word).tokens()));
            }
            splits.add(row);
        }
        lab.table("Words in pieces (Ġ is a space)", List.of("word", "256", "512", "largest"), splits);
        lab.say("From %d to %d entries the text shrinks from %.2f to %.2f tokens a word.", 256, greatest.vocabulary().size(), words[0],
                words[words.length - 1]);
        double[] sorted = words.clone();
        Arrays.sort(sorted);
        int rises = 0;
        for (int i = 0; i < words.length; i++) if (words[i] != sorted[words.length - 1 - i]) rises++;
        lab.shows("vocabulary", "sizes at which tokens per word do not fall", rises, exactly(0));
        lab.shows("vocabulary-size", "tokens per word at the largest over the smallest", words[words.length - 1] / words[0], below(0.5));
    }
}
