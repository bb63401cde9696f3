/** What a forecast does not know, and why: noise and ignorance apart, from ensembles, dropout, Laplace and networks that forecast distributions. */
package lyceum.learn.uncertainty;
