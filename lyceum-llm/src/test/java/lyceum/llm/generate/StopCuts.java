package lyceum.llm.generate;

import java.util.ArrayList;
import java.util.List;
import lyceum.llm.Continuation.Ending;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.text.Controls;
import lyceum.text.SpecialTokens;
import lyceum.text.TokenBuffer;
import lyceum.text.Tokenizer;
import lyceum.text.Vocabulary;

/** Texts with stop strings in them, cut into tokens at random borders, said by a model, heard as a stream and as a whole. */
final class StopCuts {
    private final Rng rng;
    private int texts, overBorders, wrongStreams, wrongTexts;

    StopCuts(long seed) { rng = Rng.of(seed); }

    void run(int count) { while (texts < count) one(); }

    private String word(int least, int most) {
        var s = new StringBuilder();
        for (int n = least + rng.nextInt(most - least + 1); s.length() < n;) s.append((char) ('a' + rng.nextInt(3)));
        return s.toString();
    }

    private void one() {
        var stops = new ArrayList<String>();
        for (int i = 0; i <= rng.nextInt(3); i++) stops.add(word(2, 5));
        String text = word(20, 60);
        int end = Integer.MAX_VALUE, start = -1; // where the first stop string is complete; of several, the longest
        for (int i = 1; i <= text.length() && start < 0; i++)
            for (var stop : stops) if (text.substring(0, i).endsWith(stop) && (start < 0 || i - stop.length() < start)) {
                start = i - stop.length();
                end = i;
            }
        if (start < 0) return;
        texts++;
        var pieces = new ArrayList<String>();
        var builder = new Vocabulary.Builder();
        var ids = new ArrayList<Integer>();
        boolean over = false;
        for (int at = 0; at < text.length();) {
            int to = Math.min(text.length(), at + 1 + rng.nextInt(5));
            over |= start < to && to < end;
            var piece = text.substring(at, to);
            if (!pieces.contains(piece)) {
                pieces.add(piece);
                builder.add(piece);
            }
            ids.add(pieces.indexOf(piece));
            at = to;
        }
        if (over) overBorders++;
        var model = AutoregressiveTest.script(pieces.size(), ids.stream().mapToInt(Integer::intValue).toArray());
        var stop = new StopCriteria(ids.size()).withStrings(stops);
        var heard = new StringBuilder();
        var request = new GenerationRequest(new int[] {0}, SamplingOptions.DEFAULT, stop, Rng.of(1))
                .withListener(p -> heard.append(p.text()));
        var written = new CausalGenerator(model, new Pieces(builder.build())).run(List.of(request), Progress.SILENT).getFirst();
        if (!heard.toString().equals(text.substring(0, start))) wrongStreams++;
        if (!written.text().equals(text.substring(0, start)) || written.ending() != Ending.STOP_STRING) wrongTexts++;
    }

    int texts() { return texts; }

    int overBorders() { return overBorders; }

    int wrongStreams() { return wrongStreams; }

    int wrongTexts() { return wrongTexts; }

    /** Tokens are written one behind another. */
    private record Pieces(Vocabulary vocabulary) implements Tokenizer {
        @Override public SpecialTokens specials() { return SpecialTokens.NONE; }

        @Override public void tokenize(String text, Controls controls, TokenBuffer out) { throw new UnsupportedOperationException(); }

        @Override public String decode(int[] ids, boolean skipSpecials) {
            var s = new StringBuilder();
            for (int id : ids) s.append(vocabulary.token(id));
            return s.toString();
        }
    }
}
