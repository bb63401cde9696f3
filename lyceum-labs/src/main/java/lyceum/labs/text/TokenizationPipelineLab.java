package lyceum.labs.text;

import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.data.corpus.Corpora;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.text.EncodeOptions;
import lyceum.text.TextNormalizer;
import lyceum.text.TokenizerPipeline;
import lyceum.text.Truncation;
import lyceum.text.WordPieceTrainer;

/** A text on its way through a BERT-like pipeline, what each stage makes of it, and where each token is from. */
@Lab(topics = "tokenization-pipeline", title = "From characters to ids, stage by stage")
final class TokenizationPipelineLab implements LabBody {
    @Override public void run(LabContext lab) {
        int size = lab.param("vocabulary", 1500, 300, 6000), length = lab.param("length of a window", 12, 4, 64),
                stride = lab.param("stride", 3, 0, 8);
        boolean lowercase = lab.flag("lower case, no accents", true);
        var texts = Corpora.kingJames().limit(120).toList().stream().map(d -> d.text()).toList();
        var tokenizer = new WordPieceTrainer(size).withNormalizer(new TextNormalizer.Bert(true, true, null, lowercase)).train(texts,
                lab.progress());
        var text = "Héllo, 👍 WORLD: in the beginning.";
        var encoding = tokenizer.encode(text);
        lab.table("Stages", List.of("stage", "makes of it"),
                List.of(List.of("text", text), List.of("normalizer", tokenizer.spec().normalizer().apply(text)),
                        List.of("pre-tokenizer", String.join(" | ", tokenizer.words(text))),
                        List.of("model", String.join(" · ", tokenizer.encode(text, EncodeOptions.PLAIN).tokens())),
                        List.of("post-processor", String.join(" · ", encoding.tokens()))));
        var rows = new ArrayList<List<Object>>();
        for (int i = 0; i < encoding.size(); i++)
            rows.add(List.of(encoding.id(i), encoding.token(i), encoding.slice(text, i), encoding.start(i) + " to " + encoding.end(i),
                    encoding.byteStart(i) + " to " + encoding.byteEnd(i)));
        lab.table("Where each token is from", List.of("id", "token", "slice", "chars", "bytes of UTF-8"), rows);

        var verse = texts.get(0);
        var windows = tokenizer.encode(verse.substring(0, 600), EncodeOptions.DEFAULT
                .withTruncation(new Truncation(length, Math.min(stride, length - 3), Truncation.Strategy.LONGEST_FIRST, false)));
        var parts = new ArrayList<>(List.of(windows));
        parts.addAll(windows.overflow());
        int whole = tokenizer.ids(verse.substring(0, 600), EncodeOptions.PLAIN).length, chars = 600;
        var cover = new double[Math.min(12, parts.size())][60];
        var names = new String[cover.length];
        for (int w = 0; w < cover.length; w++) {
            names[w] = "window " + (w + 1);
            var part = parts.get(w);
            for (int i = 0; i < part.size(); i++)
                if (part.sequence(i) == 0) Arrays.fill(cover[w], part.start(i) * 60 / chars, Math.min(60, part.end(i) * 60 / chars + 1), 1);
        }
        lab.figure(
                Figure.heatmap("Windows over a text", cover, names, Figure.numbered(1, 60)).axes("tenth character", "window").describedAs(
                        "Each window begins a little before the last one ends: the stride is what they share, and no token is lost between them."));
        int covered = 0;
        for (var part : parts) for (int i = 0; i < part.size(); i++) if (part.sequence(i) == 0) covered++;
        lab.say("%d tokens in %d windows of at most %d.", whole, parts.size(), length);
        var again = TokenizerPipeline.read(tokenizer.toJson());
        int different = 0;
        for (var t : texts) if (!Arrays.equals(again.ids(t), tokenizer.ids(t))) different++;
        lab.shows("texts with other ids after saving and reading", different, exactly(0));
        lab.shows("tokens in windows less shared ones", covered - Math.min(stride, length - 3) * (parts.size() - 1), exactly(whole));
    }
}
