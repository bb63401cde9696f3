package lyceum.labs.text;

import static lyceum.labs.Bounds.above;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.data.corpus.Corpora;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.plot.Series;
import lyceum.text.BpeTrainer;
import lyceum.text.ByteTokenizer;
import lyceum.text.PreTokenizer;
import lyceum.text.TokenizationReport;
import lyceum.text.Tokenizer;
import lyceum.text.UnigramTrainer;
import lyceum.text.WordSplitter;
import lyceum.text.WordTokenizer;

/** One sentence under six tokenizers; then the same tokenizers on other languages and on code, which they have never seen. */
@Lab(topics = "tokenization", title = "Six ways to cut a sentence")
final class TokenizationLab implements LabBody {
    @Override public void run(LabContext lab) {
        var sentence = lab.text("sentence", "And God said, Let there be light: and there was light.", 300);
        int size = lab.param("vocabulary", 1500, 400, 8000), chapters = lab.param("chapters to learn from", 100, 20, 1189);
        var texts = Corpora.kingJames().limit(chapters).toList().stream().map(d -> d.text()).toList();
        var tokenizers = new LinkedHashMap<String, Tokenizer>();
        tokenizers.put("white space", WordTokenizer.of(WordSplitter.WHITESPACE, texts, size));
        tokenizers.put("Treebank", WordTokenizer.of(WordSplitter.treebank(), texts, size));
        tokenizers.put("Unigram", new UnigramTrainer(size).withSeedSize(20_000).train(texts));
        tokenizers.put("byte-level BPE", BpeTrainer.byteLevel(size, PreTokenizer.GPT4).train(texts));
        tokenizers.put("characters", WordTokenizer.of(WordSplitter.CHARACTERS, texts, size));
        tokenizers.put("bytes", new ByteTokenizer());
        var rows = new ArrayList<List<Object>>();
        tokenizers.forEach((name, t) -> rows
                .add(List.of(name, t.vocabulary().size(), t.count(sentence), String.join(" · ", t.encode(sentence).tokens()))));
        lab.table("One sentence", List.of("tokenizer", "vocabulary", "tokens", "pieces"), rows);

        var samples = new LinkedHashMap<String, String>();
        samples.put("English", sentence);
        samples.put("German", "Und Gott sprach: Es werde Licht! Und es ward Licht.");
        samples.put("Greek", "Καὶ εἶπεν ὁ Θεός· γενηθήτω φῶς· καὶ ἐγένετο φῶς.");
        samples.put("code", "for (int i = 0; i < light.length; i++) light[i] = god.said(i);");
        var series = new ArrayList<Series>();
        var unknown = new ArrayList<List<Object>>();
        tokenizers.forEach((name, t) -> {
            var reports = samples.values().stream().map(s -> TokenizationReport.of(Map.of(name, t), List.of(s)).row(name)).toList();
            series.add(Series.of(name, reports.stream().mapToDouble(r -> 1 / r.bytesPerToken()).toArray()));
            var row = new ArrayList<Object>(List.of(name));
            reports.forEach(r -> row.add(100 * r.unknownRate()));
            unknown.add(row);
        });
        lab.figure(Figure.bars("Tokens per byte", samples.keySet().toArray(String[]::new), series.toArray(Series[]::new))
                .axes("text", "tokens per byte").describedAs(
                        "What was learned from English fits English; other languages and code need up to several times the tokens, Greek letters two bytes each."));
        var columns = new ArrayList<>(List.of("tokenizer"));
        columns.addAll(samples.keySet());
        lab.table("Unknown tokens (%)", columns, unknown);
        var report = TokenizationReport.of(tokenizers, texts);
        lab.say("On the Bible: %.2f tokens a word by bytes, %.2f by BPE, %.2f by white space.", report.row("bytes").fertility(),
                report.row("byte-level BPE").fertility(), report.row("white space").fertility());
        lab.shows("characters over BPE on the Bible", (double) report.row("characters").tokens() / report.row("byte-level BPE").tokens(),
                above(1));
        lab.shows("BPE over words on the Bible", (double) report.row("byte-level BPE").tokens() / report.row("white space").tokens(),
                above(1));
    }
}
