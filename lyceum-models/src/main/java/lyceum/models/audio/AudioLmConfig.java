package lyceum.models.audio;

import lyceum.withers.Withers;

/**
 * The shape of an {@link AudioLm}.
 *
 * @param semanticCodes different semantic tokens
 * @param codes of each book of the codec
 * @param books of the codec
 * @param coarse books that the second stage writes, the third writes the others; 1 to all
 * @param conditions tokens that tell what to play, 0 for none
 * @param conditionCodes different ones at each of their places
 * @param frames at most
 * @param width of each stage, even and a multiple of the heads
 * @param heads of the attention
 * @param layers of each stage
 * @param semantic whether there is a first stage
 */
@Withers
public record AudioLmConfig(int semanticCodes, int codes, int books, int coarse, int conditions, int conditionCodes, int frames, int width,
        int heads, int layers, boolean semantic) implements AudioLmConfigWithers {
    public AudioLmConfig {
        if (semanticCodes < 1 || codes < 1 || books < 1 || frames < 1 || layers < 1 || conditions < 0
                || conditions > 0 && conditionCodes < 1)
            throw new IllegalArgumentException("AudioLmConfig: " + semanticCodes + " semantic codes, " + books + " books of " + codes + ", "
                    + frames + " frames, " + layers + " layers, " + conditions + " conditions of " + conditionCodes
                    + "; each is at least 1, conditions 0");
        if (coarse < 1 || coarse > books || heads < 1 || width < 2 || width % 2 != 0 || width % heads != 0)
            throw new IllegalArgumentException("AudioLmConfig: " + coarse + " coarse books of " + books + ", width " + width + " in "
                    + heads + " heads; 1 to all are coarse, the width is even and a multiple of the heads");
    }

    /** Without conditions, half of the books coarse, width 64, 4 heads, 2 layers a stage. */
    public AudioLmConfig(int semanticCodes, int codes, int books, int frames) {
        this(semanticCodes, codes, books, (books + 1) / 2, 0, 0, frames, 64, 4, 2, true);
    }

    /** A begin, conditions, semantic tokens, then the codes of each book. */
    int tokens() { return firstCode(0) + books * codes; }

    int firstSemantic() { return 1 + conditions * conditionCodes; }

    int firstCode(int book) { return firstSemantic() + semanticCodes + book * codes; }
}
