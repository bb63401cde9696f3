package lyceum.labs.text;

import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.List;
import lyceum.data.corpus.Corpora;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.text.BpeTrainer;
import lyceum.text.PreTokenizer;
import lyceum.text.TransformerCost;
import lyceum.text.VocabularySizing;

/** What a vocabulary learned from prose does to prose and to code, and which size costs least to run. */
@Lab(topics = "vocab-sizing", title = "How large a vocabulary?")
final class VocabularySizingLab implements LabBody {
    private static final String CODE = "for (int i = 0; i < n; i++) { double x = values[i]; sum += x * x; }\nreturn Math.sqrt(sum / n);\n";

    @Override public void run(LabContext lab) {
        int largest = lab.param("largest vocabulary", 4096, 512, 16_384), chapters = lab.param("chapters", 150, 50, 1189);
        int layers = lab.param("layers", 2, 1, 48), context = lab.param("context (tokens)", 64, 16, 4096);
        var texts = Corpora.kingJames().limit(chapters).toList().stream().map(d -> d.text()).toList();
        var greatest = BpeTrainer.byteLevel(largest, PreTokenizer.GPT4).train(texts, lab.progress());
        var sizes = new ArrayList<Integer>();
        for (int size = 256; size <= greatest.vocabulary().size(); size *= 2) sizes.add(size);
        int[] all = sizes.stream().mapToInt(Integer::intValue).toArray();
        var prose = VocabularySizing.sweep(greatest, texts, all);
        var code = VocabularySizing.sweep(greatest, List.of(CODE), all);
        double[] v = sizes.stream().mapToDouble(Integer::intValue).toArray();
        lab.figure(Figure.row("Prose and code",
                Figure.plot("Tokens per byte").line("prose", v, prose.stream().mapToDouble(VocabularySizing::tokensPerByte).toArray())
                        .line("code", v, code.stream().mapToDouble(VocabularySizing::tokensPerByte).toArray()).logX()
                        .axes("vocabulary", "tokens per byte"),
                Figure.line("Entries used under 100 times", v, prose.stream().mapToDouble(s -> s.rare() + s.unused()).toArray()).logX()
                        .axes("vocabulary", "entries"))
                .describedAs(
                        "Prose, which the pieces were learned from, shortens with every doubling; code soon does not; more and more entries are hardly trained."));
        var plot = Figure.plot("Cost of reading a byte");
        int falls = 0, last = 0;
        var rows = new ArrayList<List<Object>>();
        for (int width : new int[] {32, 128, 512}) {
            var cost = new TransformerCost(width, layers, context);
            double least = cost.flopsPerByte(cost.suggest(prose));
            plot = plot.line("width " + width, v, prose.stream().mapToDouble(s -> cost.flopsPerByte(s) / least).toArray());
            int best = cost.suggest(prose).size();
            if (best < last) falls++;
            last = best;
            rows.add(List.of(width, best, least));
        }
        lab.figure(plot.logX().axes("vocabulary", "FLOPs per byte over the least").describedAs(
                "Each curve has a sweet spot: left of it sequences are long, right of it the output layer is; wider models have theirs further right."));
        lab.table("Suggested sizes", List.of("width", "vocabulary", "FLOPs per byte"), rows);
        lab.say("Bits per byte compare models of any vocabulary: a nat per token is %.3f bits per byte at %d entries and %.3f at %d.",
                prose.get(0).bitsPerByte(1), all[0], prose.getLast().bitsPerByte(1), all[all.length - 1]);
        int rises = 0;
        for (int i = 1; i < prose.size(); i++) if (prose.get(i).tokensPerByte() > prose.get(i - 1).tokensPerByte()) rises++;
        lab.shows("sizes at which tokens per byte rise", rises, exactly(0));
        lab.shows("widths at which the suggested size falls", falls, exactly(0));
    }
}
