package lyceum.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** Against what {@code tools/golden/golden.py} drew from the same seeds. */
class RecipeTest {

    @Test void splitMixGivesItsPublishedFirstValues() {
        var recipe = new Recipe(0);
        assertThat(recipe.next()).isEqualTo(0xE220A8397B1DCDAFL);
        assertThat(recipe.next()).isEqualTo(0x6E789E6AA1B965F4L);
    }

    @Test void drawsEqualThoseOfTheScriptsBitForBit() {
        var recipe = new Recipe(2026);
        assertThat(recipe.uniform()).isEqualTo(0.8578542230112182);
        assertThat(recipe.below(1000)).isEqualTo(471);
        assertThat(recipe.bell()).isEqualTo(0.7289797993848666);
        assertThat(recipe.normal()).isCloseTo(0.7914896909937728, within(1e-15));
    }

    @Test void shufflesEqualThoseOfTheScripts() { assertThat(new Recipe(7).shuffle(8)).containsExactly(7, 4, 6, 1, 2, 5, 0, 3); }

    @Test void productsEqualThoseOfTheScriptsBitForBit() {
        var recipe = new Recipe(-3);
        var product = Recipe.product(recipe.matrix(2, 3), recipe.matrix(3, 2));
        assertThat(product)
                .isDeepEqualTo(new double[][] {{-0.9535910952722878, -0.34217933590099303}, {-0.4514283120329944, -2.034650982348329}});
    }
}
