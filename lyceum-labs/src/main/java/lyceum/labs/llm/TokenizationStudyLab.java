package lyceum.labs.llm;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import lyceum.data.corpus.Corpora;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.eval.AdditionTask;
import lyceum.llm.eval.TokenizationFigures;
import lyceum.llm.train.TokenizationStudy;
import lyceum.optim.AdamW;
import lyceum.optim.Clip;
import lyceum.plot.Figure;
import lyceum.progress.Progress;
import lyceum.text.BpeTrainer;
import lyceum.text.ByteTokenizer;
import lyceum.text.PreTokenizer;
import lyceum.text.SubwordLattice;
import lyceum.text.Tokenizer;
import lyceum.text.UnigramTrainer;
import lyceum.text.Vocabulary;
import lyceum.train.Trainer;

/** One text, cut in several ways, and a model of equal size and equal work for each: what the cut alone changes. */
@Lab(topics = "tokenization-as-representation", title = "The same words, cut five ways")
final class TokenizationStudyLab implements LabBody {
    private static final String DIGITS = "[0-9]| ?[a-zA-Z]+|[^0-9a-zA-Z]+";
    private static final List<String> MORPHEMES = List.of("un|clean", "king|s", "walk|ed", "dwell|ing", "right|eous|ness", "with|out",
            "offer|ing|s", "child|ren", "good|ness", "command|ment|s");

    @Override public void run(LabContext lab) {
        int steps = lab.param("steps", 40, 10, 5000), size = lab.param("vocabulary", 512, 300, 4000),
                weights = lab.param("parameters", 24_000, 8000, 500_000);
        var all = new ArrayList<String>();
        try (var documents = Corpora.kingJames().open()) {
            for (var d = documents.next(); d != null && all.size() < 800; d = documents.next())
                for (var line : d.text().split("\n")) if (line.length() > 30 && line.length() < 90) all.add(line);
        }
        var sums = new AdditionTask(3, true).draw(500, lab.rng(1));
        var train = new ArrayList<>(all.subList(100, 800));
        sums.forEach(s -> train.add(s.text()));
        var held = all.subList(0, 40);
        var tokenizers = new LinkedHashMap<String, Tokenizer>();
        tokenizers.put("bytes", new ByteTokenizer());
        tokenizers.put("pairs of letters", BpeTrainer.byteLevel(300, PreTokenizer.GPT2).train(train));
        tokenizers.put("BPE", BpeTrainer.byteLevel(size, PreTokenizer.GPT2).train(train));
        tokenizers.put("BPE, digits single", BpeTrainer.byteLevel(size, DIGITS).train(train));
        tokenizers.put("unigram", UnigramTrainer.spaced(size).train(train));
        var trainer = new Trainer(new AdamW(8e-3), 1).withBatchSize(8).withClip(Clip.norm(1));
        var study = new TokenizationStudy(v -> TokenizationStudy.fitting(weights, 1, 96, v), trainer, steps, 64);
        var results = study.run(tokenizers, train, held, lab.rng(2), Progress.SILENT);

        var sentence = held.getFirst();
        var rng = lab.rng(3);
        var typos = held.stream().map(t -> TokenizationFigures.withTypo(t, rng)).toList();
        var rows = new ArrayList<List<?>>();
        var names = new ArrayList<String>();
        var bits = new ArrayList<Double>();
        long miscounted = 0;
        for (var each : results.entrySet()) {
            var r = each.getValue();
            double typo = 0;
            for (double cost : TokenizationFigures.typoCosts(r.model(), r.tokenizer(), held, typos)) typo += cost / held.size();
            rows.add(List.of(each.getKey(), r.tokenizer().ids(sentence).length, r.counts().bytesPerToken(), r.bitsPerByte(),
                    r.bytesRead() / 1000, 100 * r.embeddingShare(), TokenizationFigures.boundaryAgreement(r.tokenizer(), MORPHEMES), typo,
                    100 * AdditionTask.accuracy(r.model(), r.tokenizer(), sums.subList(0, 20), "")));
            miscounted += Math.abs(r.counts().tokens() - held.stream().mapToLong(t -> r.tokenizer().ids(t).length).sum());
            names.add(each.getKey());
            bits.add(r.bitsPerByte());
        }
        lab.say("\"%s\"", sentence);
        lab.table("Equal parameters, equal steps", List.of("cut", "tokens of the sentence", "bytes a token", "bits per byte", "kB read",
                "tables, % of weights", "cuts at morphemes, F1", "a typo, nats", "sums, %"), rows);
        lab.figure(Figure.bar("Held-out bits per byte", names.toArray(String[]::new), bits.stream().mapToDouble(b -> b).toArray())
                .axes("cut", "bits per byte").describedAs(
                        "Bits per byte of five small models that differ in their tokenizer alone: large pieces read more text in equal steps."));

        var builder = new Vocabulary.Builder();
        for (var piece : List.of("r", "u", "n", "i", "g", "run", "ing", "in", "nin", "running"))
            builder.addScored(piece, Math.log(piece.length() > 2 ? 0.1 : 0.07));
        var lattice = SubwordLattice.of(builder.build(), "running");
        lab.say("\"running\" has %.0f segmentations by ten pieces. Its best has the probability %.3g, all together %.3g: a figure by the usual cut alone is an upper bound.",
                lattice.count(), Math.exp(lattice.best().score()), Math.exp(lattice.logSum(1)));
        lab.shows("tokens reported that the encoders do not count", miscounted, exactly(0));
        lab.shows("log of all segmentations over the best", lattice.logSum(1) - lattice.best().score(), above(0.0));
    }
}
