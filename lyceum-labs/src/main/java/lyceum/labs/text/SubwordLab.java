package lyceum.labs.text;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.between;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import lyceum.data.corpus.Corpora;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.plot.Series;
import lyceum.text.BpeTrainer;
import lyceum.text.EncodeOptions;
import lyceum.text.PreTokenizer;
import lyceum.text.SubwordLattice;
import lyceum.text.TokenizerPipeline;
import lyceum.text.UnigramTrainer;
import lyceum.text.WordPieceTrainer;

/** Rare words under four tokenizers, and all the ways in which one of them could have cut. */
@Lab(topics = {"subword", "subword-tokenization", "subword-tokenizers"}, title = "Pieces of words")
final class SubwordLab implements LabBody {
    @Override public void run(LabContext lab) {
        int size = lab.param("vocabulary", 1200, 300, 8000), chapters = lab.param("chapters to learn from", 120, 20, 1189);
        int samples = lab.param("samples", 2000, 100, 20_000);
        double theta = lab.param("sharpness of the samples", 0.2, 0.05, 3.0);
        var texts = Corpora.kingJames().limit(chapters).toList().stream().map(d -> d.text()).toList();
        var tokenizers = new LinkedHashMap<String, TokenizerPipeline>();
        tokenizers.put("BPE", BpeTrainer.characters(size).train(texts));
        tokenizers.put("byte-level BPE", BpeTrainer.byteLevel(size, PreTokenizer.GPT4).train(texts));
        tokenizers.put("WordPiece", new WordPieceTrainer(size).train(texts));
        tokenizers.put("Unigram", new UnigramTrainer(size).withSeedSize(20_000).train(texts));
        var words = List.of("God", "beginning", "wilderness", "circumcision", "Nebuchadnezzar");
        var rows = new ArrayList<List<Object>>();
        tokenizers.forEach((name, t) -> {
            var row = new ArrayList<Object>(List.of(name));
            for (var word : words) row.add(String.join(" · ", t.encode(t.isByteLevel() ? " " + word : word, EncodeOptions.PLAIN).tokens()));
            rows.add(row);
        });
        var columns = new ArrayList<>(List.of("tokenizer"));
        columns.addAll(words);
        lab.table("Common words whole, rare ones in pieces", columns, rows);

        var unigram = tokenizers.get("Unigram");
        var lattice = SubwordLattice.of(unigram.spec().model().vocabulary(), "\u2581wilderness");
        var best = lattice.nBest(6);
        var names = new String[best.size()];
        var expected = new double[best.size()];
        var seen = new double[best.size()];
        double all = lattice.logSum(theta);
        for (int i = 0; i < names.length; i++) {
            names[i] = String.join(" · ", best.get(i).pieces());
            expected[i] = Math.exp(theta * best.get(i).score() - all);
        }
        var rng = lab.rng(1);
        for (int k : lab.progress("samples", samples)) {
            var drawn = lattice.sample(theta, rng).pieces();
            for (int i = 0; i < names.length; i++) if (best.get(i).pieces().equals(drawn)) seen[i] += 1.0 / samples;
        }
        lab.figure(Figure.bars("The best ways to cut \"wilderness\"", names, Series.of("posterior", expected), Series.of("samples", seen))
                .axes("segmentation", "share")
                .describedAs("Samples follow the posterior, made flatter, so that training meets many ways to write the word."));
        lab.say("The pieces allow %.0f ways to write the word; the best has %.0f%% of the probability.", lattice.count(),
                100 * expected[0]);
        double worst = 0;
        for (int i = 0; i < names.length; i++) worst = Math.max(worst, Math.abs(seen[i] - expected[i]));
        lab.shows("subword", "ways to write \"wilderness\"", lattice.count(), above(1));
        lab.shows("subword-tokenization", "tokens per word, Unigram",
                unigram.ids(texts.get(0), EncodeOptions.PLAIN).length / (double) texts.get(0).split("\\s+").length, between(1, 3));
        lab.shows("subword-tokenizers", "largest gap of a share to its posterior", worst, between(0, 0.08));
    }
}
