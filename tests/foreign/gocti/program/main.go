// Calls gocti's methods about people against the server that the environment names; a line for each: `ok NAME`, or
// `failed NAME WHY`.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/weisshorn-cyd/gocti"
	"github.com/weisshorn-cyd/gocti/entity"
	"github.com/weisshorn-cyd/gocti/graphql"
	"github.com/weisshorn-cyd/gocti/list"
	"github.com/weisshorn-cyd/gocti/system"
)

// expect is an error unless what was expected is so.
func expect(so bool, what string, shown any) error {
	if so {
		return nil
	}
	return fmt.Errorf("%s: %v", what, shown)
}

// named says whether an error is the client's own with this name.
func named(err error, name string) error {
	var told gocti.OpenCTIGraphQLError
	return expect(errors.As(err, &told) && told.Name == name, "wanted "+name, err)
}

type client = *gocti.OpenCTIAPIClient

func connect(token string, options ...gocti.Option) (client, error) {
	quiet := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError + 1}))
	options = append(options, gocti.WithLogger(quiet))
	return gocti.NewOpenCTIAPIClient(os.Getenv("OPENCTI_URL"), token, options...)
}

// one is a filter for one value of one key.
func one(key, value string) list.Option {
	single := list.Filter{
		Key: []string{key}, Values: []any{value}, Operator: list.FilterOperatorEq, Mode: list.FilterModeOr,
	}
	return list.WithFilters(list.FilterGroup{
		Mode: list.FilterModeAnd, Filters: []list.Filter{single}, FilterGroups: []list.FilterGroup{},
	})
}

// made holds what calls make for those after them.
type made struct {
	owner       client
	user        system.User
	group       system.Group
	role        system.Role
	marking     entity.MarkingDefinition
	capability  string
	identity    entity.Identity
	transported int
}

func (m *made) RoundTrip(request *http.Request) (*http.Response, error) {
	m.transported++
	return http.DefaultTransport.RoundTrip(request)
}

var ctx = context.Background()

type call struct {
	name string
	run  func(m *made) error
}

func main() {
	m := &made{}
	for _, call := range calls {
		if err := call.run(m); err != nil {
			fmt.Printf("failed %s %s\n", call.name, strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Printf("ok %s\n", call.name)
		}
	}
}

var calls = []call{
	{"health_check", func(m *made) (err error) {
		m.owner, err = connect(os.Getenv("OPENCTI_TOKEN"), gocti.WithHealthCheck())
		return err
	}},
	{"wrong_token", func(m *made) error {
		_, err := connect("flgrn_octi_tkn_wrong", gocti.WithHealthCheck())
		return expect(err != nil, "a wrong token is taken", nil)
	}},
	{"custom_transport", func(m *made) error {
		own, err := connect(os.Getenv("OPENCTI_TOKEN"), gocti.WithTransport(m), gocti.WithHealthCheck())
		return errors.Join(err, expect(own != nil && m.transported == 1, "requests", m.transported))
	}},
	{"list_roles", func(m *made) error {
		roles, err := m.owner.ListRoles(ctx, "id, name", false, nil, list.WithSearch("connector"))
		return errors.Join(err, expect(len(roles) == 1 && roles[0].Name == "Connector", "roles", roles))
	}},
	{"create_role", func(m *made) (err error) {
		m.role, err = m.owner.CreateRole(ctx, "", system.RoleAddInput{Name: "Reads", Description: "of gocti"})
		return errors.Join(err, expect(m.role.Description == "of gocti", "role", m.role))
	}},
	{"read_role", func(m *made) error {
		role, err := m.owner.ReadRole(ctx, "", m.role.ID)
		return errors.Join(err, expect(role.Name == "Reads", "role", role))
	}},
	{"list_capabilities", func(m *made) error {
		all, err := m.owner.ListCapabilities(ctx, "", true, nil)
		for _, one := range all {
			if one.Name == "KNOWLEDGE" {
				m.capability = one.ID
			}
		}
		return errors.Join(err, expect(len(all) > 50 && m.capability != "", "capabilities", len(all)))
	}},
	{"assign_capability", func(m *made) error {
		_, err := m.role.AssignCapability(ctx, m.owner, m.capability)
		role, read := m.owner.ReadRole(ctx, "", m.role.ID)
		return errors.Join(err, read, expect(len(role.Capabilities) == 1, "capabilities", role.Capabilities))
	}},
	{"unassign_capability", func(m *made) error {
		_, err := m.role.UnassignCapability(ctx, m.owner, m.capability)
		role, read := m.owner.ReadRole(ctx, "", m.role.ID)
		return errors.Join(err, read, expect(len(role.Capabilities) == 0, "capabilities", role.Capabilities))
	}},
	{"create_group", func(m *made) (err error) {
		input := system.GroupAddInput{
			Name: "Example group", Description: "of gocti", AutoNewMarking: true,
			GroupConfidenceLevel: graphql.ConfidenceLevelInput{MaxConfidence: 50},
		}
		m.group, err = m.owner.CreateGroup(ctx, "", input)
		return errors.Join(err, expect(m.group.AutoNewMarking && len(m.group.AllowedMarking) == 0, "group", m.group))
	}},
	{"read_group", func(m *made) error {
		group, err := m.owner.ReadGroup(ctx, "", m.group.ID)
		return errors.Join(err, expect(group.GroupConfidenceLevel.MaxConfidence == 50, "group", group))
	}},
	{"list_groups", func(m *made) error {
		groups, err := m.owner.ListGroups(ctx, "", true, nil, one("name", "Example group"))
		return errors.Join(err, expect(len(groups) == 1 && groups[0].ID == m.group.ID, "groups", groups))
	}},
	{"assign_role", func(m *made) error {
		_, err := m.group.AssignRole(ctx, m.owner, m.role.ID)
		return err
	}},
	{"unassign_role", func(m *made) error {
		_, err := m.group.UnassignRole(ctx, m.owner, m.role.ID)
		return err
	}},
	{"list_marking_definitions", func(m *made) error {
		found, err := m.owner.ListMarkingDefinitions(ctx, "", false, nil, one("definition", "TLP:GREEN"))
		if len(found) == 1 {
			m.marking = found[0]
		}
		return errors.Join(err, expect(len(found) == 1, "markings", found))
	}},
	{"read_marking_definition", func(m *made) error {
		read, err := m.owner.ReadMarkingDefinition(ctx, "", m.marking.ID)
		return errors.Join(err, expect(read.Definition == "TLP:GREEN", "marking", read))
	}},
	{"assign_marking_definition", func(m *made) error {
		_, err := m.group.AssignMarkingDefinition(ctx, m.owner, m.marking.ID)
		group, read := m.owner.ReadGroup(ctx, "", m.group.ID)
		return errors.Join(err, read, expect(len(group.AllowedMarking) == 1, "allowed", group.AllowedMarking))
	}},
	{"unassign_marking_definition", func(m *made) error {
		_, err := m.group.UnassignMarkingDefinition(ctx, m.owner, m.marking.ID)
		group, read := m.owner.ReadGroup(ctx, "", m.group.ID)
		return errors.Join(err, read, expect(len(group.AllowedMarking) == 0, "allowed", group.AllowedMarking))
	}},
	{"assign_max_confidence_level", func(m *made) error {
		_, err := m.group.AssignMaxConfidenceLevel(ctx, m.owner, 80)
		group, read := m.owner.ReadGroup(ctx, "", m.group.ID)
		return errors.Join(err, read, expect(group.GroupConfidenceLevel.MaxConfidence == 80, "level", group.GroupConfidenceLevel))
	}},
	{"set_option", func(m *made) error {
		_, err := m.group.SetOption(ctx, m.owner, system.GroupOptionAutoNewMarking, false)
		group, read := m.owner.ReadGroup(ctx, "", m.group.ID)
		return errors.Join(err, read, expect(!group.AutoNewMarking, "group", group))
	}},
	{"create_user", func(m *made) (err error) {
		input := system.UserAddInput{
			Name: "Example User", UserEmail: "gocti@example.org", Firstname: "Example", Lastname: "User",
			Password: "tangerine umbrella 42", UnitSystem: "Metric",
		}
		m.user, err = m.owner.CreateUser(ctx, "", input)
		return errors.Join(err, expect(m.user.UserEmail == "gocti@example.org", "user", m.user))
	}},
	{"create_user_twice", func(m *made) error {
		input := system.UserAddInput{Name: "Another", UserEmail: "gocti@example.org"}
		_, err := m.owner.CreateUser(ctx, "", input)
		return named(err, "FUNCTIONAL_ERROR")
	}},
	{"read_user", func(m *made) error {
		user, err := m.owner.ReadUser(ctx, "", m.user.ID)
		return errors.Join(err, expect(user.Firstname == "Example" && user.AccountStatus == "Active", "user", user))
	}},
	{"list_users", func(m *made) error {
		users, err := m.owner.ListUsers(ctx, "", true, nil, one("user_email", "gocti@example.org"))
		return errors.Join(err, expect(len(users) == 1 && users[0].ID == m.user.ID, "users", users))
	}},
	{"list_users_page_by_page", func(m *made) error {
		var seen []string
		for number := range 7 {
			name := fmt.Sprintf("Page %d", number)
			input := system.UserAddInput{Name: name, UserEmail: fmt.Sprintf("page%d@example.org", number)}
			if _, err := m.owner.CreateUser(ctx, "id", input); err != nil {
				return err
			}
		}
		page := graphql.PageInfo{}
		for {
			users, err := m.owner.ListUsers(
				ctx, "id, name", false, &page, list.WithFirst(3), list.WithAfter(page.EndCursor), list.WithOrderBy("name"),
				list.WithSearch("\"Page \""),
			)
			if err != nil {
				return err
			}
			for _, user := range users {
				seen = append(seen, user.Name)
			}
			if !page.HasNextPage {
				break
			}
		}
		return expect(len(seen) >= 7 && slices.IsSorted(seen), "people", seen)
	}},
	{"assign_group", func(m *made) error {
		_, err := m.user.AssignGroup(ctx, m.owner, m.group.ID)
		group, read := m.owner.ReadGroup(ctx, "", m.group.ID)
		edges := group.Members.Edges
		return errors.Join(err, read, expect(len(edges) == 1, "members", edges))
	}},
	{"impersonate", func(m *made) error {
		if err := m.owner.Impersonate(ctx, "Example User"); err != nil {
			return err
		}
		answer, err := m.owner.Query(ctx, "{ me { name } }", map[string]any{})
		me, _ := answer["me"].(map[string]any)
		return errors.Join(err, expect(me["name"] == "Example User", "me", answer))
	}},
	{"unprivileged", func(m *made) error {
		add := "mutation ($id: ID!) { userAdminTokenAdd(userId: $id, input: {name: \"gocti\"}) { plaintext_token } }"
		answer, err := m.owner.Query(ctx, add, map[string]any{"id": m.user.ID})
		if err != nil {
			return err
		}
		token := answer["userAdminTokenAdd"].(map[string]any)["plaintext_token"].(string)
		own, err := connect(token)
		if err != nil {
			return err
		}
		_, err = own.CreateUser(ctx, "", system.UserAddInput{Name: "Nobody", UserEmail: "nobody@example.org"})
		return named(err, "FORBIDDEN_ACCESS")
	}},
	{"unassign_group", func(m *made) error {
		_, err := m.user.UnassignGroup(ctx, m.owner, m.group.ID)
		group, read := m.owner.ReadGroup(ctx, "", m.group.ID)
		return errors.Join(err, read, expect(len(group.Members.Edges) == 0, "members", group.Members.Edges))
	}},
	{"parallel_calls", func(m *made) error {
		errs := make([]error, 8)
		var all sync.WaitGroup
		for number := range errs {
			all.Go(func() {
				email := fmt.Sprintf("parallel%d@example.org", number)
				_, errs[number] = m.owner.CreateUser(ctx, "id", system.UserAddInput{Name: "Parallel", UserEmail: email})
			})
		}
		all.Wait()
		users, err := m.owner.ListUsers(ctx, "id", true, nil, one("name", "Parallel"))
		return errors.Join(errors.Join(errs...), err, expect(len(users) == 8, "people", len(users)))
	}},
	{"create_identity", func(m *made) (err error) {
		input := entity.IdentityAddInput{Type: "Organization", Name: "Cybersec Corp", Description: "of gocti"}
		m.identity, err = m.owner.CreateIdentity(ctx, "", input)
		return errors.Join(err, expect(m.identity.Name == "Cybersec Corp", "identity", m.identity))
	}},
	{"read_identity", func(m *made) error {
		read, err := m.owner.ReadIdentity(ctx, "", m.identity.ID)
		return errors.Join(err, expect(read.Description == "of gocti", "identity", read))
	}},
	{"list_identities", func(m *made) error {
		types := list.WithTypes([]string{"Organization"})
		found, err := m.owner.ListIdentities(ctx, "", true, nil, types, one("name", "Cybersec Corp"))
		return errors.Join(err, expect(len(found) == 1, "identities", found))
	}},
	{"read_stix_domain_object", func(m *made) error {
		read, err := m.owner.ReadStixDomainObject(ctx, "", m.identity.ID)
		return errors.Join(err, expect(read.EntityType == "Organization", "object", read))
	}},
	{"list_stix_domain_objects", func(m *made) error {
		types := list.WithTypes([]string{"Organization"})
		found, err := m.owner.ListStixDomainObjects(ctx, "", false, nil, types)
		return errors.Join(err, expect(len(found) > 0, "objects", found))
	}},
	{"delete_stix_domain_object", func(m *made) error {
		_, err := m.owner.DeleteStixDomainObject(ctx, m.identity.ID)
		return err
	}},
	{"delete_identity", func(m *made) error {
		input := entity.IdentityAddInput{Type: "Organization", Name: "Passing Corp"}
		made, err := m.owner.CreateIdentity(ctx, "id", input)
		if err != nil {
			return err
		}
		_, err = m.owner.DeleteIdentity(ctx, made.ID)
		return err
	}},
	{"delete_user", func(m *made) error {
		_, err := m.owner.DeleteUser(ctx, m.user.ID)
		users, listed := m.owner.ListUsers(ctx, "id", true, nil, one("id", m.user.ID))
		return errors.Join(err, listed, expect(len(users) == 0, "users", users))
	}},
	{"delete_group", func(m *made) error {
		_, err := m.owner.DeleteGroup(ctx, m.group.ID)
		return err
	}},
	{"delete_role", func(m *made) error {
		_, err := m.owner.DeleteRole(ctx, m.role.ID)
		return err
	}},
	{"delete_role_twice", func(m *made) error {
		_, err := m.owner.DeleteRole(ctx, m.role.ID)
		return named(err, "ALREADY_DELETED_ERROR")
	}},
}
