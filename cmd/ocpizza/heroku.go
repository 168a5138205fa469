package main

// herokuOrigin is the public origin that Heroku itself gives an app, "" if it does not say. A review app has no other, and nobody to set it:
//   - HEROKU_APP_DEFAULT_DOMAIN_NAME, with dyno metadata (https://devcenter.heroku.com/articles/dyno-metadata);
//   - HEROKU_APP_NAME, which Heroku sets together with HEROKU_PR_NUMBER, for review apps with a predictable URL
//     (https://devcenter.heroku.com/articles/github-integration-review-apps).
func herokuOrigin(env func(string) string) string {
	if domain := env("HEROKU_APP_DEFAULT_DOMAIN_NAME"); domain != "" {
		return "https://" + domain
	}
	if name := env("HEROKU_APP_NAME"); name != "" && env("HEROKU_PR_NUMBER") != "" {
		return "https://" + name + ".herokuapp.com"
	}
	return ""
}
