package lyceum.llm;

import lyceum.llm.train.Masking;
import lyceum.random.Rng;

/** What became of tokens, counted; every eighth position beside the ordinary ones is a special. */
record MaskingShares(long ordinary, double selected, double masked, double replaced, double kept, long specials, long silent) {
    static MaskingShares of(Masking masking, int ordinary, int firstOrdinary) {
        var rng = Rng.of(11);
        long selected = 0, masked = 0, replaced = 0, kept = 0, specials = 0, silent = 0, seen = 0;
        while (seen < ordinary) {
            var ids = new int[128];
            for (int t = 0; t < 128; t++)
                ids[t] = t % 8 == 7 || seen == ordinary ? rng.nextInt(firstOrdinary)
                        : firstOrdinary + rng.nextInt(masking.vocabulary() - firstOrdinary);
            var row = masking.of(ids, rng);
            for (int t = 0; t < 128; t++) {
                int now = row.ids()[t], label = row.labels()[t];
                if (ids[t] < firstOrdinary) {
                    if (label >= 0 || now != ids[t]) specials++;
                    continue;
                }
                if (seen == ordinary) continue;
                seen++;
                if (label < 0) {
                    if (now != ids[t]) silent++;
                    continue;
                }
                selected++;
                if (label != ids[t]) silent++;
                if (now == masking.mask()) masked++;
                else if (now == ids[t]) kept++;
                else if (now < firstOrdinary) specials++;
                else replaced++;
            }
        }
        return new MaskingShares(seen, (double) selected / seen, (double) masked / selected, (double) replaced / selected,
                (double) kept / selected, specials, silent);
    }
}
