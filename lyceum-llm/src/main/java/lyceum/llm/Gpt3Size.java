package lyceum.llm;

/**
 * The eight sizes of GPT-3, as table 2.1 of the paper prints them, where heads times head width is not always the width (XL, 13B).
 *
 * @see <a href="https://arxiv.org/abs/2005.14165">Brown et al. (2020)</a>
 */
public enum Gpt3Size {
    SMALL(12, 768, 12, 64), MEDIUM(24, 1024, 16, 64), LARGE(24, 1536, 16, 96), XL(24, 2048, 24, 128), B2_7(32, 2560, 32, 80),
    B6_7(32, 4096, 32, 128), B13(40, 5140, 40, 128), B175(96, 12_288, 96, 128);

    private final int layers, width, heads, headWidth;

    Gpt3Size(int layers, int width, int heads, int headWidth) {
        this.layers = layers;
        this.width = width;
        this.heads = heads;
        this.headWidth = headWidth;
    }

    public int layers() { return layers; }

    public int width() { return width; }

    public int heads() { return heads; }

    public int headWidth() { return headWidth; }
}
