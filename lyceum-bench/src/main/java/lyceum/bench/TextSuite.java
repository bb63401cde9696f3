package lyceum.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import lyceum.DType;
import lyceum.backend.Parallel;
import lyceum.data.corpus.Corpora;
import lyceum.text.BpeTrainer;
import lyceum.text.PreTokenizer;
import lyceum.text.Tiktoken;
import lyceum.text.Tokenizer;
import lyceum.text.TokenizerPipeline;
import lyceum.text.UnigramTrainer;
import lyceum.text.encoder.SentenceEncoder;

/** Tokenizers beside Hugging Face's and jtokkit on pieces of 2,000 characters of King James, their training, what programs of others do, and MiniLM's passes. */
final class TextSuite implements Suite {
    private static final int PIECE = 2000;
    /** Characters that are encoded: as many as a sample can wait for. */
    private static final int PIECES = 200;

    private final TextPeer peer = TextPeer.find().orElse(null);
    private List<String> texts;

    @Override public void measure(SideBySide bench) {
        texts = Corpora.kingJames().stream().map(d -> d.text()).toList();
        encoding(bench);
        training(bench);
        new TextPrograms(bench, texts.stream().flatMap(String::lines).toList()).measure();
        encoder(bench);
    }

    private List<String> pieces() {
        var all = String.join("\n", texts);
        var pieces = new ArrayList<String>();
        for (int i = 0; i < PIECES && (i + 1) * PIECE <= all.length(); i++) pieces.add(all.substring(i * PIECE, (i + 1) * PIECE));
        return pieces;
    }

    private void encoding(SideBySide bench) {
        var pieces = pieces();
        if (SentenceEncoder.hasMiniLm()) {
            var json = resource("/all-minilm-l6-v2-tokenizer.json");
            offsets(bench, "WordPiece, ids and offsets", TokenizerPipeline.read(json).whole(), json, pieces);
        }
        var learned = BpeTrainer.byteLevel(8000, PreTokenizer.GPT4).train(texts.subList(0, 300));
        offsets(bench, "byte-level BPE, ids and offsets", learned, learned.toJson(), pieces);
        var unigram = new UnigramTrainer(8000).withSeedSize(50_000).train(texts.subList(0, 100));
        measure(bench, rate("Unigram, ids", pieces), pieces, text -> unigram.ids(text).length);
        for (var name : new String[] {"cl100k_base", "o200k_base"}) {
            if (peer == null) continue;
            var own = Tiktoken.read(peer.ranks(name), name.startsWith("cl") ? PreTokenizer.GPT4 : PreTokenizer.GPT4O, Map.of());
            var theirs = peer.jtokkit(name);
            double target = name.startsWith("cl") ? 1.2 : 1.5;
            measure(bench, rate(name + ", ids", pieces).besideCalls("jtokkit", target, clock(pieces, theirs)), pieces,
                    text -> own.ids(text).length);
        }
    }

    private void offsets(SideBySide bench, String name, Tokenizer own, byte[] json, List<String> pieces) {
        var c = rate(name, pieces);
        if (peer != null) c = c.besideCalls("Hugging Face (DJL)", 10, clock(pieces, peer.huggingFace(json)));
        measure(bench, c, pieces, text -> own.encode(text).size());
    }

    private static Case rate(String name, List<String> pieces) {
        double megabytes = pieces.stream().mapToInt(p -> p.getBytes(StandardCharsets.UTF_8).length).sum() * 1e-6;
        return new Case(name, pieces.size() + "x" + PIECE, DType.U8, new Unit.Rate("MB/s", megabytes)).on("");
    }

    private static void measure(SideBySide bench, Case c, List<String> pieces, ToIntFunction<String> own) {
        if (bench.threads() == 1) bench.compare(c, clock(pieces, own));
        else bench.compare(c, Timing.clock(() -> {
            Parallel.range(pieces.size(), 1, (from, to) -> {
                for (long i = from; i < to; i++) own.applyAsInt(pieces.get((int) i));
            });
            return pieces;
        }));
    }

    private static IntToDoubleFunction clock(List<String> pieces, ToIntFunction<String> tokens) {
        Supplier<Integer> all = () -> {
            int sum = 0;
            for (var piece : pieces) sum += tokens.applyAsInt(piece);
            return sum;
        };
        return calls -> Timing.seconds(all, calls);
    }

    private void training(SideBySide bench) {
        bench.measure(new Case("8,000 byte-level merges", "King James", DType.I32, new Unit.Time("s", 1)).atMost(5).on(""),
                () -> () -> BpeTrainer.byteLevel(8256, PreTokenizer.GPT4).train(texts));
    }

    private void encoder(SideBySide bench) {
        if (!SentenceEncoder.hasMiniLm()) return;
        var verses = texts.stream().flatMap(String::lines).limit(32).toList();
        var batch = verses.stream().map(v -> v.substring(0, Math.min(v.length(), 120))).toList();
        var plain = SentenceEncoder.miniLm();
        for (var rows : List.of(batch.subList(0, 1), batch)) {
            var shape = rows.size() + " texts";
            bench.measure(new Case("MiniLM", shape, DType.F32, Unit.MILLISECONDS), () -> () -> plain.encode(rows));
            bench.measure(new Case("MiniLM", shape, DType.BF16, Unit.MILLISECONDS).besideOurs("F32", 1.4, () -> () -> plain.encode(rows)),
                    () -> {
                        var half = plain.as(DType.BF16);
                        return () -> half.encode(rows);
                    });
            bench.measure(new Case("MiniLM", shape, DType.I8, Unit.MILLISECONDS).besideOurs("F32", 2, () -> () -> plain.encode(rows)),
                    () -> {
                        var small = plain.int8();
                        return () -> small.encode(rows);
                    });
        }
    }

    private static byte[] resource(String name) {
        try (var in = SentenceEncoder.class.getResourceAsStream(name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
