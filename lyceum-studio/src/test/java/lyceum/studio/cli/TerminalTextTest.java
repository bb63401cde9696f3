package lyceum.studio.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TerminalTextTest {

    private static final Terminal PIPE = new Terminal(System.out, System.err, false, false, 60);

    @ParameterizedTest
    @CsvSource(delimiter = '§', textBlock = """
            \\frac{1}{n}\\sum_{i=1}^{n} x_i^2 § 1/n ∑ᵢ₌₁ⁿ xᵢ²
            \\hat q \\le \\tfrac{a+b}{2} § q̂ ≤ (a+b)/2
            \\lceil (n+1)(1-\\alpha)\\rceil § ⌈(n+1)(1−α)⌉
            \\mathbb{E}[X] = \\mathbf{w}^\\top x § 𝔼[X] = wᵀ x
            \\sqrt{d_k} § √dₖ
            \\operatorname{softmax}(x)_i § softmax(x)ᵢ
            \\log p(x \\mid \\theta) § log p(x | θ)
            x_{\\text{max}} § xₘₐₓ
            \\begin{pmatrix} a & b \\\\ c & d \\end{pmatrix} § [a b; c d]
            \\left\\| x \\right\\|_2^2 § ‖x‖₂²
            e^{-x^2} § e^(−x²)
            \\frac{1}{2n}\\lVert y - X\\beta\\rVert_2^2 § 1/(2n) ‖y − Xβ‖₂²
            \\log\\frac{p}{1-p} § log (p/(1−p))
            \\sqrt{2\\ln m} § √(2 ln m)
            W^{(L)}h^{(1)} § W^(L)h⁽¹⁾
            \\mathrm{KL}(p \\| q) + \\mathrm{KL}(q \\| p) § KL(p ‖ q) + KL(q ‖ p)
            \\underbrace{\\operatorname{Var} \\hat f}_{\\text{variance}} + \\sigma^2 § Var f̂ [variance] + σ²
            \\unknown{x} § unknownx
            """)
    void formulasReadAsUnicode(String tex, String text) { assertThat(TexText.of(tex)).isEqualTo(text); }

    @Test void malformedFormulasEndToo() {
        for (var tex : List.of("{", "}", "\\", "^", "_", "\\frac", "\\frac{1}", "\\begin{x}", "\\sqrt[", "\\left", "\\text{a", "$",
                "\\hat")) {
            assertThat(TexText.of(tex)).as(tex).isNotNull();
        }
    }

    @Test void emphasisListsCodeAndTablesAreLaidOut() {
        var lines = ArticleText.lines("""
                ## Head

                A *first* paragraph with `code_x`, $a_b * c_d$, and enough words to be wrapped at the measure.

                - one
                - two with **weight**

                1. first

                ```java
                var x = 1; // $not math$
                ```

                | name | value |
                |------|-------|
                | a    | 1.5   |
                | long | 22    |
                """, PIPE);
        assertThat(lines).contains("Head", "• one", "• two with weight", "1. first", "    var x = 1; // $not math$", "name  value",
                "a       1.5", "long     22");
        assertThat(String.join(" ", lines)).contains("code_x, a_b * c_d, and");
        assertThat(lines).allSatisfy(l -> assertThat(TextWidth.of(l)).isLessThanOrEqualTo(58));
    }

    @Test void figureIsALineAndALinkToATopicIsItsWords() {
        var lines = ArticleText.lines(
                "Near [k-means](k-means), or [elsewhere](https://example.org).\n\n![Two heaps, with $k = 2$ centres.](figures/k-means.svg)\n",
                PIPE);
        assertThat(lines).containsExactly("Near k-means, or elsewhere (https://example.org).", "",
                "[Figure: Two heaps, with k = 2 centres.]");
    }

    @Test void colouredArticleHasTheSameLayout() {
        String markdown = "Some *text* with $x^2$ and **bold words** that wrap somewhere before the end of this sentence.";
        var coloured = ArticleText.lines(markdown, new Terminal(System.out, System.err, true, false, 40));
        var plain = ArticleText.lines(markdown, new Terminal(System.out, System.err, false, false, 40));
        assertThat(coloured.stream().map(l -> l.replaceAll("\u001b\\[[0-9]*m", "")).toList()).isEqualTo(plain);
        assertThat(String.join("", coloured)).contains("\u001b[");
    }

    @Test void progressLineShowsRateAndTimeLeft() {
        assertThat(ProgressLine.line("splits", 50, 200, 12.4, 12, 4))
                .isEqualTo("splits  █████░░░░░░░░░░░░░░░  50 of 200 · 12/s · 12 s left");
        assertThat(ProgressLine.line("epochs", 1, 4, 0.25, -1, 130))
                .isEqualTo("epochs  █████░░░░░░░░░░░░░░░  1 of 4 · 4.0 s each · 2 min 10 s");
    }

    @Test void progressLineTellsWhatAWorkSaysOfItself() {
        var metrics = new LinkedHashMap<String, Double>();
        metrics.put("epoch", 2.0);
        metrics.put("loss", 0.51234);
        metrics.put("learning rate", 3e-5);
        metrics.put("rows/s", 12_345.6);
        metrics.put("seconds left", 7.0);
        assertThat(ProgressLine.words(metrics)).isEqualTo("epoch 2 · loss 0.5123 · learning rate 3.0e-05 · rows/s 12,346");
    }

    @Test void progressLineIsRedrawnTenTimesASecondAtMost() {
        var bytes = new ByteArrayOutputStream();
        long[] now = {0};
        try (var line = new ProgressLine(new Terminal(System.out, new PrintStream(bytes, true, StandardCharsets.UTF_8), false, true, 60),
                () -> now[0])) {
            for (int i = 0; i < 1000; i++) {
                now[0] += 1_000_000;
                line.show("steps", i, 10_000, 1);
            }
        }
        assertThat(bytes.toString(StandardCharsets.UTF_8).split("\r").length).isBetween(9, 13);
    }
}
