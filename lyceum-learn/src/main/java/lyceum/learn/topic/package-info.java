/** Topics of documents: latent Dirichlet allocation by variational Bayes and by Gibbs sampling, and how coherent topics are. */
package lyceum.learn.topic;
